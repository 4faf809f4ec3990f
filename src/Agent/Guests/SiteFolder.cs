namespace Opportunism.Agent.Guests;

/// <summary>Who may see what was fetched. On Windows folders inherit the service's own rights, which are tighter than any of these.</summary>
internal static class SiteFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>For root alone.</summary>
    public static void MakePrivate(string path) => Make(path, Private);

    /// <summary>Others may pass through, as far as the folders above let them; the hypervisor's user reads images there.</summary>
    public static void MakeShared(string path) => Make(path, Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>Lets the hypervisor's user read an image; it is no secret from the guests that boot from it.</summary>
    public static void Share(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void Make(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        // Set, not asked for: the agent's unit has a mask that lets nobody else in.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }
}
