using Opportunism.Files;

namespace Opportunism.Cli.StartStop;

/// <summary>The folder with the records of <c>start-node</c> and <c>stop-node</c>; three small files for each host. Only its owner may
/// enter it.</summary>
internal sealed class SwitchFolder(string path)
{
    /// <summary>The default path.</summary>
    public const string Default = "/var/lib/opportunism/start-stop";

    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public string this[string name] => Path.Combine(path, name);

    /// <summary>Makes the folder unless it exists. Returns why it cannot be used; null when it can.</summary>
    public string? Prepare()
    {
        try
        {
            if (!Directory.Exists(path)) OwnerOnly.MakeFolder(path);
            if (OperatingSystem.IsWindows()) return null;

            // The mode of a folder that the user named is not changed: it may be /tmp.
            return (File.GetUnixFileMode(path) & OthersMayWrite) == 0
                ? null
                : $"{path} may be written by others, who could make this forget or bring back what they like. Run chmod 0700 on it, or "
                + "name another folder with --state.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be made ({failure.Message}). Run this as root, or name a folder of your own with --state.";
        }
    }

    /// <summary>Replaces a file whole: after a crash or a power cut it has the old content or the new one.</summary>
    /// <param name="name">The file.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="partName">The suffix of the file's name until it is whole; a different one for each of several writers.</param>
    /// <exception cref="IOException">It could not be written; the old one is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Replace(string name, ReadOnlySpan<byte> content, string partName = "part") =>
        DurableFile.Replace(this[name], content, partName);

    /// <summary>Opens a file that only one process can have open; it is closed when that process ends, in any way. Null while another
    /// process has it.</summary>
    /// <exception cref="IOException">It cannot be opened at all.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public FileStream? TryHold(string name)
    {
        try
        {
            return new FileStream(
                this[name],
                OwnerOnly.WhenMade(
                    new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None }));
        }
        catch (IOException held) when (held.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            return null;
        }
    }

    // The framework's error codes for a file that another process has: EWOULDBLOCK of flock, and the one of Windows.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
}
