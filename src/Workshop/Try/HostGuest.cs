using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace Opportunism.Workshop.Try;

/// <summary>Watches a guest from its host, which is this machine: the memory of its QEMU until it ends, and the first output after
/// that.</summary>
/// <remarks>Reads 50 times a second, on a thread of the pool; any thread may read the results.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class HostGuest : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly string console;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly ITimer timer;
    private long lengthWhenGone;

    private HostGuest(int process, string console, TimeProvider time)
    {
        (Process, this.console, this.time) = (process, console, time);
        timer = time.CreateTimer(_ => Look(), null, TimeSpan.Zero, LookEvery);
    }

    /// <summary>The id of its QEMU.</summary>
    public int Process { get; }

    /// <summary>Memory that only its QEMU uses, guest memory included: the highest reading, since QEMU frees some while it ends.</summary>
    public long MemoryMiB { get; private set; }

    /// <summary>When its QEMU was first found ended; null while it runs.</summary>
    public DateTimeOffset? Gone { get; private set; }

    /// <summary>When new output was first seen after that.</summary>
    public DateTimeOffset? Printed { get; private set; }

    /// <summary>Finds a guest's QEMU and begins to watch it.</summary>
    /// <exception cref="IOException">There is no such process.</exception>
    public static HostGuest Watch(string uuid, string console, TimeProvider time)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && IsQemuOf(uuid, Read(Path.Combine(folder, "cmdline"))))
                return new(id, console, time);
        }

        throw new IOException($"Nova has server {uuid} as ACTIVE, but no QEMU of that uuid runs on this machine.");
    }

    /// <summary>True when these arguments, each ended by a zero byte, are those of the QEMU that libvirt started for a domain.
    /// Pure.</summary>
    public static bool IsQemuOf(string uuid, string cmdline) =>
        cmdline.Split('\0') is [var program, .. var words] && Path.GetFileName(program).StartsWith("qemu-system-", StringComparison.Ordinal)
            && Array.IndexOf(words, "-uuid") is var at and >= 0 && words.ElementAtOrDefault(at + 1) == uuid;

    /// <summary>The memory that only this process uses, from the kernel's account of it (man 5 proc_pid_status); null once it has none, a
    /// moment before it ends. Pure.</summary>
    public static long? OwnKiB(string status)
    {
        long? sum = null;
        foreach (var line in status.Split('\n'))
        {
            if (line.Split(':', 2) is ["RssAnon" or "RssShmem", var rest]
                && long.TryParse(
                    rest.Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kib))
                sum = (sum ?? 0) + kib;
        }

        return sum;
    }

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        lock (gate)
        {
            if (Printed is not null) return;
            if (Gone is null)
            {
                if (OwnKiB(Read($"/proc/{Process.ToString(CultureInfo.InvariantCulture)}/status")) is { } kib)
                    MemoryMiB = Math.Max(MemoryMiB, kib / 1024);
                else (Gone, lengthWhenGone) = (time.GetUtcNow(), Length());
                return;
            }

            // A new console file is empty at first; after the guest's first line it is neither empty nor as long as the old one.
            if (Length() is var length and > 0 && length != lengthWhenGone) Printed = time.GetUtcNow();
        }
    }

    private long Length() => new FileInfo(console) is { Exists: true } file ? file.Length : 0;

    private static string Read(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended since it was listed.
            return "";
        }
    }
}
