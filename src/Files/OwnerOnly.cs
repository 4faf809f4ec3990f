namespace Opportunism.Files;

/// <summary>Files and folders for this program's user alone. On Windows they inherit the access list of the folder above them, which the installer keeps as tight.</summary>
public static class OwnerOnly
{
    private const UnixFileMode ReadAndWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder with its parents, mode 0700; one that is there already is made so.</summary>
    /// <returns>Its full path.</returns>
    public static string MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.CreateDirectory(path).FullName;
        var made = Directory.CreateDirectory(path, ReadAndWrite | UnixFileMode.UserExecute);
        // Set, not only asked for: it may have been there, and a mask takes away but never gives.
        File.SetUnixFileMode(path, ReadAndWrite | UnixFileMode.UserExecute);
        return made.FullName;
    }

    /// <summary>Adds to the options that a file which they make has mode 0600.</summary>
    /// <returns>The same options.</returns>
    public static FileStreamOptions WhenMade(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = ReadAndWrite;
        return options;
    }
}
