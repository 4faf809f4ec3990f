using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace Opportunism.Workshop.Try;

/// <summary>Watches a guest from its host, which this machine is: the memory its QEMU
/// holds until it is gone, and the first line that is printed after that.</summary>
/// <remarks>Looks 50 times a second, on a thread of the pool; any thread may read.</remarks>
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

    /// <summary>Memory that is its QEMU's alone, guest memory included: the
    /// most that was seen, since QEMU gives some back on its way out.</summary>
    public long MemoryMiB { get; private set; }

    /// <summary>When its QEMU was found gone; null while it is there.</summary>
    public DateTimeOffset? Gone { get; private set; }

    /// <summary>When it was first seen to have printed something after that.</summary>
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

    /// <summary>True for the arguments, each ended by a zero byte, of the QEMU that libvirt started for a domain. Pure.</summary>
    public static bool IsQemuOf(string uuid, string cmdline) =>
        cmdline.Split('\0') is [var program, .. var words] && Path.GetFileName(program).StartsWith("qemu-system-", StringComparison.Ordinal)
            && Array.IndexOf(words, "-uuid") is var at and >= 0 && words.ElementAtOrDefault(at + 1) == uuid;

    /// <summary>What a process has of memory for itself, of the kernel's account of it (man 5
    /// proc_pid_status); null once it has none, which is a moment before it is gone. Pure.</summary>
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

            // Begun anew it is empty first; the guest's first line makes it neither empty nor as long as it was.
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
