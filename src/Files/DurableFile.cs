using System.Runtime.Versioning;

namespace Opportunism.Files;

/// <summary>
/// Changes to files that survive a crash and a power cut: each is done completely or not at all, and is done once the call has returned.
/// Any thread; two that change the same file at the same time need different names for their parts. Failures are an
/// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> that names the path.
/// </summary>
public static class DurableFile
{
    // O_RDONLY | O_CLOEXEC of open(2): a guest's process that another thread starts at that moment must not inherit it.
    private const int ReadOnlyAndNotInherited = 0x80000;

    /// <summary>Replaces a small file whole, always readable only by this program's user (mode 0600). When it fails the old file is still
    /// there.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="part">What ends the name of the file until it is whole.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, string part = "part")
    {
        var unfinished = $"{path}.{part}";
        // A file that a crash left behind, of any owner: it is not opened but created again.
        File.Delete(unfinished);
        try
        {
            using (var file = new FileStream(
                unfinished,
                OwnerOnly.WhenMade(new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 })))
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

    /// <summary>Gives a file whose content is on the disk its final name, replacing a file of that name.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its final name, on the same file system.</param>
    public static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        // rename(2) changes the folder, which reaches the disk in its own time: fsync(2), "calling fsync() does not necessarily
        // ensure that the entry in the directory containing the file has also reached disk".
        Sync(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Flushes to the disk what was written to a file, or created, renamed and removed in a folder. Systems other than Linux flush
    /// folders by themselves.</summary>
    /// <param name="path">The file or folder.</param>
    public static void Sync(string path)
    {
        if (OperatingSystem.IsLinux()) SyncByDescriptor(path);
    }

    [SupportedOSPlatform("linux")]
    private static void SyncByDescriptor(string path)
    {
        // A folder has no FileStream: the framework opens only files.
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
