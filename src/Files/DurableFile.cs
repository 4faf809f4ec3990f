using System.Runtime.Versioning;

namespace Opportunism.Files;

/// <summary>
/// Changes to files that last over a crash and a power cut: each has happened whole or not at all, and once the call has returned it has happened.
/// Any thread; two that change the same file at once need names of their own for their parts. Failures are an <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/> that names the path.
/// </summary>
public static class DurableFile
{
    // O_RDONLY | O_CLOEXEC of open(2): a guest's process that another thread starts meanwhile must not get it.
    private const int ReadOnlyAndNotInherited = 0x80000;

    /// <summary>Replaces a small file whole, readable by nobody but this program's user (mode 0600) at any time. When it fails the old one is still there.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="content">All it shall hold.</param>
    /// <param name="part">What ends the name of the file until it is whole.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, string part = "part")
    {
        var unfinished = $"{path}.{part}";
        // What a crash has left, whoever it belongs to: it is not opened, it is made anew.
        File.Delete(unfinished);
        try
        {
            using (var file = new FileStream(unfinished, OwnerOnly.WhenMade(new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 })))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            Move(unfinished, path);
        }
        catch (IOException)
        {
            // On a full disk half a file would keep the room that the next attempt needs.
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>Gives a file whose content is on the disk its final name, over one that has it.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its final name, on the same file system.</param>
    public static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        // rename(2) changes the folder, which reaches the disk in its own time: fsync(2), "calling fsync() does not necessarily
        // ensure that the entry in the directory containing the file has also reached disk".
        Sync(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Brings to the disk what was written to a file, or made, renamed and removed in a folder. Other systems than Linux see to folders in their own time.</summary>
    /// <param name="path">The file or folder.</param>
    public static void Sync(string path)
    {
        if (OperatingSystem.IsLinux()) SyncByDescriptor(path);
    }

    [SupportedOSPlatform("linux")]
    private static void SyncByDescriptor(string path)
    {
        // A folder has no FileStream: the framework opens files alone.
        var descriptor = Libc.Open(path, ReadOnlyAndNotInherited);
        if (descriptor < 0) throw FileFailure.OfLastCall("open", path);
        try
        {
            if (Libc.Fsync(descriptor) != 0) throw FileFailure.OfLastCall("sync", path);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
