using System.Runtime.Versioning;
using System.Text;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>A guest's console output, in a file that only grows while the space of its beginning is freed.</summary>
/// <remarks>Offsets in the file are offsets since the guest's first boot. The newest MiB is kept, and what was written since the last
/// check.</remarks>
[SupportedOSPlatform("linux")]
internal static class ConsoleLog
{
    /// <summary>What is kept of each log.</summary>
    public const long KeptBytes = 1024 * 1024;

    // Holes are punched in units of file system blocks; this is a multiple of all of them.
    private const long HoleUnit = 64 * 1024;

    public static ConsoleSlice Read(string path, long offset, int atMost)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            var from = Math.Clamp(offset, Math.Min(OldestKept(length), length), length);
            var bytes = new byte[Math.Min(Math.Max(atMost, 0), length - from)];
            var count = RandomAccess.Read(file, bytes, from);
            return new ConsoleSlice(from, bytes.AsMemory(0, count));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // nothing was written yet, or the guest is being deleted
            return new ConsoleSlice(Math.Max(offset, 0), ReadOnlyMemory<byte>.Empty);
        }
    }

    /// <summary>The end of a log as text: at most this many bytes, none if it cannot be read.</summary>
    public static string End(string path, int atMost)
    {
        var length = new FileInfo(path) is { Exists: true } file ? file.Length : 0;
        return Encoding.UTF8.GetString(Read(path, Math.Max(0, length - atMost), atMost).Bytes.Span);
    }

    /// <summary>Frees the disk space of all but the newest part.</summary>
    public static void Trim(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || OldestKept(file.Length) is var oldest && oldest <= 0) return;
        var fd = Libc.Open(path, Libc.WriteOnly | Libc.CloseOnExec, 0);
        if (fd < 0) return;
        _ = Libc.Allocate(fd, Libc.PunchHole | Libc.KeepSize, 0, oldest);
        _ = Libc.Close(fd);
    }

    // Rounded down, so that a reader never reads a hole.
    private static long OldestKept(long length) => Math.Max(0, length - KeptBytes) / HoleUnit * HoleUnit;
}
