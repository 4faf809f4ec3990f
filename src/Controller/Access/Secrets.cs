using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Controller.Access;

/// <summary>Makes and compares secrets. All are 256 random bits, so a plain SHA-256 protects them as well as a slow hash.</summary>
internal static class Secrets
{
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool Matches(string secret, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(secret), hash);
}
