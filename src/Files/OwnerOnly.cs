namespace Opportunism.Files;

/// <summary>Files and folders that only this program's user can use. On Windows they inherit the access list of the folder above them,
/// which the installer restricts in the same way.</summary>
public static class OwnerOnly
{
    private const UnixFileMode ReadAndWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates a folder with its parents, mode 0700; an existing folder gets this mode.</summary>
    /// <returns>Its full path.</returns>
    public static string MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.CreateDirectory(path).FullName;
        var made = Directory.CreateDirectory(path, ReadAndWrite | UnixFileMode.UserExecute);
        // Set, not only requested: the folder may exist already, and a umask only removes rights.
        File.SetUnixFileMode(path, ReadAndWrite | UnixFileMode.UserExecute);
        return made.FullName;
    }

    /// <summary>Sets mode 0600 for a file that is created with these options.</summary>
    /// <returns>The same options.</returns>
    public static FileStreamOptions WhenMade(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = ReadAndWrite;
        return options;
    }
}
