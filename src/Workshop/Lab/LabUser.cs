using System.Globalization;

namespace Opportunism.Workshop.Lab;

/// <summary>A user of this machine that programs of the lab run as; Debian's packages create them.</summary>
internal sealed record LabUser(string Name, int Uid, int Gid)
{
    public static LabUser Root { get; } = new("root", 0, 0);

    /// <summary>The user who called sudo, else root: may read the files that are for users.</summary>
    public static LabUser Caller() => Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } name ? Find(name) : Root;

    /// <exception cref="IOException">There is no such user.</exception>
    public static LabUser Find(string name)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            if (line.Split(':') is [var found, _, var uid, var gid, ..] && found == name)
                return new(name, int.Parse(uid, CultureInfo.InvariantCulture), int.Parse(gid, CultureInfo.InvariantCulture));
        }

        throw new IOException($"This machine has no user '{name}': a package is missing. './opportunism lab up' installs them.");
    }
}
