using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Server.Access;

/// <summary>Makes and compares secrets. All are 256 random bits, so a plain SHA-256 protects them as well as a slow hash.</summary>
public static class Secrets
{
    /// <summary>A new secret, in characters that need no escaping in a URL.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored of a secret.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>True when a hash is that of a secret; takes the same time for every secret.</summary>
    public static bool Matches(string secret, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(secret), hash);
}
