using Microsoft.Win32.SafeHandles;

namespace Opportunism.Files;

/// <summary>Keeps large files that are read or written once out of the page cache, so that the files of the desktop's owner stay in
/// it.</summary>
public static class PageCache
{
    /// <summary>How much of a large file may stay in the cache until <see cref="Drop"/> is called: as much as a paced checkpoint writes
    /// between two flushes.</summary>
    public const int StepBytes = 8 * 1024 * 1024;

    // POSIX_FADV_DONTNEED of posix_fadvise(2). Pages that are not on the disk yet are not dropped.
    private const int DontNeed = 4;

    /// <summary>Drops a part of a file from the cache, after flushing what was written to the disk. On systems other than Linux it only
    /// flushes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="length">Its length; 0 for all the rest.</param>
    /// <param name="written">Whether the file was written to.</param>
    public static void Drop(SafeFileHandle file, long offset, long length, bool written)
    {
        if (written) RandomAccess.FlushToDisk(file);
        if (OperatingSystem.IsLinux()) _ = Libc.Advise(file, offset, length, DontNeed); // where a file system cannot, the pages stay
    }
}
