namespace Opportunism.Agent.Guests;

/// <summary>Lets the guests' hypervisor see what was fetched for all of them. On Windows folders inherit the service's own rights, which are tighter than any of these.</summary>
internal static class SiteFolder
{
    private const UnixFileMode OwnerAndPassers = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder that others may pass through, as far as the folders above let them; the hypervisor's user reads images there.</summary>
    public static void MakeShared(string path)
    {
        Directory.CreateDirectory(path);
        // Set, not asked for: the agent's unit has a mask that lets nobody else in.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, OwnerAndPassers);
    }

    /// <summary>Lets the hypervisor's user read an image; it is no secret from the guests that boot from it.</summary>
    public static void Share(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
