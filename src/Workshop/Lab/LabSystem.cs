namespace Opportunism.Workshop.Lab;

/// <summary>Checks for the one system that has the packages of a lab; the bootstrap, which installs them, has the same check.</summary>
internal static class LabSystem
{
    private const string OsRelease = "/etc/os-release";

    /// <summary>Why a lab cannot run on this machine; empty where it can.</summary>
    public static string Hindrance() => Hindrance(File.Exists(OsRelease) ? File.ReadAllLines(OsRelease) : []);

    /// <summary>The same for a machine with these lines in its os-release. Pure.</summary>
    public static string Hindrance(IReadOnlyList<string> osRelease)
    {
        if (osRelease.Contains("VERSION_CODENAME=bookworm")) return "";
        var name = osRelease.FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..]
            .Trim('"')
            ?? "another system";
        return $"The OpenStack lab is made of Debian 12's packages, and this is {name}: use a virtual machine with Debian 12.";
    }
}
