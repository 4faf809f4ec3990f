using System.Globalization;

namespace Opportunism.Hypervisors.Linux;

/// <summary>User numbers without an account: each guest's process runs as one of its own, so that a guest that has taken over its QEMU
/// cannot reach other guests.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
public readonly record struct UserRange(uint First, uint Last)
{
    // More guests than a node runs; a longer range is more likely a typing error.
    private const uint MostUsers = 4096;

    // Below are root, the system's users and, on most systems, people.
    private const uint LowestUid = 1000;

    // 2^32 - 1 means "no user" to the kernel, and so does 2^16 - 1 to older interfaces.
    private const uint HighestUid = 4_294_900_000;

    /// <summary>The allowed ranges, for messages.</summary>
    public const string Allowed = "FIRST-LAST, such as 70000-70255: 1 to 4096 numbers from 1000 on, none of them a user's or 65535";

    /// <summary>Reads <c>FIRST-LAST</c>.</summary>
    public static bool TryParse(string text, out UserRange range)
    {
        range = default;
        var parts = text.Split('-');
        if (parts.Length != 2) return false;
        if (!uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            return false;
        range = new UserRange(first, last);
        return first >= LowestUid && last >= first && last <= HighestUid && last - first < MostUsers
            && !(first <= ushort.MaxValue && last >= ushort.MaxValue);
    }

    /// <summary>The lowest number that is not taken; null when all are.</summary>
    public uint? FirstFree(IReadOnlySet<uint> taken)
    {
        for (var uid = First; uid <= Last; uid++)
        {
            if (!taken.Contains(uid)) return uid;
        }

        return null;
    }

    /// <summary>The name of a user whose number is in the range, by this file; null when there is none.</summary>
    public string? UserIn(string passwordFile = "/etc/passwd")
    {
        if (!File.Exists(passwordFile)) return null;
        foreach (var line in File.ReadLines(passwordFile))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid >= First
                && uid <= Last)
                return fields[0];
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
