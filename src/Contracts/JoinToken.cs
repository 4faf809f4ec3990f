using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Opportunism.Contracts;

/// <summary>What a desktop needs to enrol, as one printable string: which CA to trust, and a secret that shows it may join.</summary>
/// <param name="CaFingerprint">SHA-256 of the CA's certificate, 64 lower-case hexadecimal digits.</param>
/// <param name="Secret">The secret to show once; 43 characters.</param>
/// <remarks>Written as <c>join1.FINGERPRINT.SECRET</c>, both parts 32 bytes in base64url.</remarks>
public sealed record JoinToken(string CaFingerprint, string Secret)
{
    private const string Prefix = "join1";

    // 32 bytes in base64url without padding.
    private const int PartLength = 43;

    /// <summary>A token for a CA with a new random secret.</summary>
    public static JoinToken New(string caFingerprint) => new(caFingerprint, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Reads a join token; false if it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out JoinToken? token)
    {
        token = null;
        if (text is null || text.Length > 200) return false;
        var parts = text.Trim().Split('.');
        if (parts is not [Prefix, { Length: PartLength }, { Length: PartLength }] || !IsKey(parts[1]) || !IsKey(parts[2])) return false;
        token = new(Convert.ToHexStringLower(Base64Url.DecodeFromChars(parts[1])), parts[2]);
        return true;
    }

    /// <summary>The token as one string. It is a secret: never log it.</summary>
    public string Format() => $"{Prefix}.{Base64Url.EncodeToString(Convert.FromHexString(CaFingerprint))}.{Secret}";

    /// <summary>Describes the token without its secret.</summary>
    public override string ToString() => $"join token for the CA {CaFingerprint}";

    private static bool IsKey(string part) => Base64Url.IsValid(part, out var bytes) && bytes == 32;
}
