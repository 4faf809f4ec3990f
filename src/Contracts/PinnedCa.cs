using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Opportunism.Contracts;

/// <summary>Trusts exactly one CA, identified by the SHA-256 of its certificate: the site's. The machine's own trusted CAs are
/// ignored.</summary>
/// <remarks>
/// A fingerprint alone cannot check a signature, and a TLS server does not send its root. So the server's certificate carries its CA's
/// certificate in an extension. 1. Read it. 2. Its SHA-256 must be the fingerprint. 3. The chain must end at it.
/// 4. The name that was dialled must be in the server's certificate.
/// </remarks>
public sealed class PinnedCa
{
    /// <summary>The extension of a server certificate that holds the DER bytes of its CA's certificate as an OCTET STRING.</summary>
    // Under the arc for UUIDs, which needs no registration (ITU-T X.667).
    public const string CaExtensionOid = "2.25.218376408157730425571393290516371930441";

    /// <summary>A server that has not accepted a connection after this time counts as unreachable.</summary>
    public static readonly TimeSpan ConnectsWithin = TimeSpan.FromSeconds(10);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private readonly byte[] fingerprint;

    /// <summary>Pins a CA by the SHA-256 of its certificate, 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">It is not a fingerprint.</exception>
    public PinnedCa(string caFingerprint)
    {
        fingerprint = Convert.FromHexString(caFingerprint);
        if (fingerprint.Length != SHA256.HashSizeInBytes)
            throw new FormatException($"'{caFingerprint}' is not a CA's fingerprint: 64 hexadecimal digits are expected.");
    }

    /// <summary>The fingerprint of a CA's certificate, as join tokens and site.json write it.</summary>
    public static string Fingerprint(X509Certificate2 ca) => Convert.ToHexStringLower(SHA256.HashData(ca.RawData));

    /// <summary>A handler for HTTP and gRPC that trusts only this CA, never follows a redirect and uses no proxy.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Validate },
        // After two missed pings the connection is closed: a pulled cable is noticed within the time after which a node counts as lost.
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        EnableMultipleHttp2Connections = true,
        Expect100ContinueTimeout = TimeSpan.FromSeconds(10),
        ConnectTimeout = ConnectsWithin,
    };

    /// <summary>The callback for TLS clients.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        // 4. SslStream has compared the name that was dialled with the certificate's SANs.
        if ((errors & (SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateNameMismatch)) != 0) return false;
        return certificate is X509Certificate2 server && EndsAtPinnedCa(server);
    }

    private bool EndsAtPinnedCa(X509Certificate2 server)
    {
        // 1. and 2.
        if (CaBytesIn(server) is not { } bytes || !CryptographicOperations.FixedTimeEquals(SHA256.HashData(bytes), fingerprint))
            return false;

        // 3.
        using var ca = X509CertificateLoader.LoadCertificate(bytes);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return chain.Build(server) && chain.ChainElements[^1].Certificate.RawDataMemory.Span.SequenceEqual(ca.RawDataMemory.Span);
    }

    private static byte[]? CaBytesIn(X509Certificate2 server)
    {
        foreach (var extension in server.Extensions)
        {
            if (extension.Oid?.Value != CaExtensionOid) continue;
            try
            {
                return AsnDecoder.ReadOctetString(extension.RawData, AsnEncodingRules.DER, out _);
            }
            catch (AsnContentException)
            {
                return null;
            }
        }

        return null;
    }
}
