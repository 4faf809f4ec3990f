using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opportunism.Contracts;
using Opportunism.Server.State;

namespace Opportunism.Server.Access;

/// <summary>The CA of a server program and the certificate that the program presents. Both are created at the first start; the
/// certificate is renewed long before it expires.</summary>
public sealed class ServerKeys
{
    private const string CaName = "ca.pem";
    private const string CaKeyName = "ca.key";
    private const string ServerName = "server.pem";
    private const string ServerKeyName = "server.key";

    // Every agent pins the CA: replacing it means enrolling every desktop again.
    private static readonly TimeSpan CaValidFor = TimeSpan.FromDays(20 * 365);
    private static readonly TimeSpan ServerValidFor = TimeSpan.FromDays(90);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    // Desktops whose clock is behind must be able to enrol.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);

    private readonly StateFolder folder;
    private readonly ServerProgram program;
    private readonly TimeProvider time;
    private readonly IReadOnlyList<string> names;
    private readonly X509Certificate2 ca;
    private X509Certificate2 server;

    /// <summary>Loads the keys of a state folder, and creates those that are missing or due.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="program">The program, for the certificates' subjects.</param>
    /// <param name="moreNames">Names and addresses of this machine for the certificate, beside its own name and loopback.</param>
    /// <param name="time">The clock.</param>
    public ServerKeys(StateFolder folder, ServerProgram program, IEnumerable<string> moreNames, TimeProvider time)
    {
        this.folder = folder;
        this.program = program;
        this.time = time;
        names = [
            .. moreNames.Concat(["localhost", "127.0.0.1", "::1", Dns.GetHostName().ToLowerInvariant()]).Where(name => name.Length > 0)
                .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];
        ca = LoadPair(CaName, CaKeyName) ?? Keep(MakeCa(), CaName, CaKeyName);
        var stored = LoadPair(ServerName, ServerKeyName);
        server = stored is not null && !IsDue(stored) && Serves(stored) ? stored : Keep(MakeServer(), ServerName, ServerKeyName);
    }

    /// <summary>Path of the CA's certificate (PEM).</summary>
    public string CaPath => folder[CaName];

    /// <summary>SHA-256 of the CA's certificate, as clients pin it.</summary>
    public string CaFingerprint => PinnedCa.Fingerprint(ca);

    /// <summary>The certificate to present now; read at every handshake.</summary>
    public X509Certificate2 Server => Volatile.Read(ref server);

    /// <summary>Renews the server's certificate when it is due. True when it did.</summary>
    public bool RenewIfDue()
    {
        if (!IsDue(Server)) return false;
        Volatile.Write(ref server, Keep(MakeServer(), ServerName, ServerKeyName));
        return true;
    }

    private bool IsDue(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime() - RenewBefore < time.GetUtcNow().UtcDateTime;

    private bool Serves(X509Certificate2 certificate) => names.All(name => certificate.MatchesHostname(name)) && IssuedByUs(certificate);

    private bool IssuedByUs(X509Certificate2 certificate) =>
        certificate.Extensions.Any(
            extension => extension.Oid?.Value == PinnedCa.CaExtensionOid
                && extension.RawData.AsSpan().SequenceEqual(CaExtension().RawData));

    private X509Certificate2? LoadPair(string name, string keyName) =>
        File.Exists(folder[name]) && File.Exists(folder[keyName])
            ? X509Certificate2.CreateFromPemFile(folder[name], folder[keyName])
            : null;

    /// <summary>Writes the key before the certificate: a certificate without a key would be loaded and then fail.</summary>
    private X509Certificate2 Keep(X509Certificate2 certificate, string name, string keyName)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        folder.Write(keyName, key.ExportPkcs8PrivateKeyPem());
        folder.Write(name, certificate.ExportCertificatePem());
        return certificate;
    }

    private X509Certificate2 MakeCa()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            $"CN={program.Title} {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(
                certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now - ClockSkew, now + CaValidFor);
    }

    private X509Certificate2 MakeServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Opportunism {program.Name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(
                certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(CaExtension());
        var now = time.GetUtcNow();
        using var signed = request.Create(ca, now - ClockSkew, now + ServerValidFor, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>The extension that lets a client that has only the CA's fingerprint check the chain (<see cref="PinnedCa"/>).</summary>
    private X509Extension CaExtension()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(ca.RawData);
        return new X509Extension(new Oid(PinnedCa.CaExtensionOid), writer.Encode(), critical: false);
    }
}
