using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Agent.Platform.Linux.Kernel;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Notices people who type in a terminal of this machine, such as ssh users: the owners of a machine without a seat.</summary>
/// <remarks>
/// 1. Every terminal of /dev/pts is watched by inotify for reads: a shell reads what was typed; what a program prints causes no read.
///    The text cannot be seen, and no terminal is opened.
/// 2. The monitor's thread sleeps in poll(2) until one is read, or one is added or removed: a person logged in or out.
/// 3. The owner counts as seen, and for <see cref="IActivityMonitor.IgnoresEventsFor"/> no terminal is waited for. Activity during that
///    time stays in the kernel's queue and wakes right afterwards.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class TerminalMonitor(TimeProvider time, IgnoreList ignore, string folder = "/dev/pts") : IActivityMonitor
{
    // man 7 inotify; the folder itself has its own events.
    private const uint Read = 0x1, FolderEvents = Libc.IN_CREATE | Libc.IN_DELETE;

    // struct inotify_event: wd, mask, cookie, len (4 bytes each), then the name.
    private const int HeaderSize = 16;

    private readonly Questions questions = new();
    private readonly byte[] buffer = new byte[16 * 1024];

    /// <inheritdoc/>
    public string Name => "terminals";

    /// <inheritdoc/>
    public Task<MonitorStatus> LookAsync(CancellationToken cancellationToken) => questions.AskAsync(cancellationToken);

    /// <inheritdoc/>
    public Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static wake => ((WakeEvent)wake!).Set(), questions.Wake);
        using var inotify = Libc.InotifyInit(Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (inotify.IsInvalid)
            throw new IOException(
                $"Terminals cannot be watched: {Libc.LastErrorText()}. Raise fs.inotify.max_user_instances (sysctl) or the limit of open "
                    + "files.");
        activity.SightChanged(Scan(inotify));
        Libc.PollEntry[] entries = [
            new() { Descriptor = questions.Wake.Descriptor, Events = Libc.POLLIN },
            new() { Descriptor = (int)inotify.DangerousGetHandle(), Events = Libc.POLLIN }];
        long? awaySince = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var left = awaySince is { } since ? IActivityMonitor.IgnoresEventsFor - time.GetElapsedTime(since) : TimeSpan.Zero;
            if (left <= TimeSpan.Zero) awaySince = null;
            foreach (ref var entry in entries.AsSpan()) entry.Returned = 0;
            // Rounded up, or the last fraction of a millisecond would be spent in a loop.
            if (Libc.Wait(
                entries.AsSpan(0, awaySince is null ? 2 : 1), awaySince is null ? -1 : (int)Math.Ceiling(left.TotalMilliseconds)) == 0)
                continue;

            var changed = entries[0].Returned != 0;
            if (entries[1].Returned != 0 && Drain(inotify, ref changed))
            {
                activity.Seen();
                awaySince = time.GetTimestamp();
            }

            if (!changed) continue;
            questions.Wake.Reset();
            var sight = Scan(inotify);
            activity.SightChanged(sight);
            questions.Answer(sight);
        }

        return Task.CompletedTask;
    }

    /// <summary>Reads the events from the kernel's queue; true when a person was active. Allocates nothing.</summary>
    /// <param name="inotify">The queue.</param>
    /// <param name="changed">Set when a terminal was added or removed, or the queue has dropped events.</param>
    private bool Drain(SafeFileHandle inotify, ref bool changed)
    {
        const uint QueueOverflow = 0x4000;
        var seen = false;
        nint read;
        while ((read = Libc.Read(inotify, buffer, (nuint)buffer.Length)) > 0)
        {
            for (var at = 0; at + HeaderSize <= read; at += HeaderSize
                + (int)BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 12)))
            {
                var mask = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4));
                seen |= (mask & (Read | FolderEvents | QueueOverflow)) != 0;
                changed |= (mask & (FolderEvents | QueueOverflow)) != 0;
            }
        }

        return seen;
    }

    /// <summary>Watches every terminal; one that is watched already stays so.</summary>
    private MonitorStatus Scan(SafeFileHandle inotify)
    {
        if (Libc.InotifyAddWatch(inotify, folder, FolderEvents) < 0) return Failed(folder);
        var watched = 0;
        foreach (var path in Directory.EnumerateFileSystemEntries(folder))
        {
            var name = Path.GetFileName(path);
            // The folder also has ptmx, which is read whenever a program prints.
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _) || ignore.Has("pts/" + name)) continue;
            if (Libc.InotifyAddWatch(inotify, path, Read) >= 0) watched++;
            else if (Marshal.GetLastPInvokeError() != Libc.ENOENT) return Failed(path);
        }

        return new(watched, Blind: false, watched == 1 ? "watches 1 terminal" : $"watches {watched} terminals", []);
    }

    private static MonitorStatus Failed(string path)
    {
        var sentence = $"{path} cannot be watched: {Libc.LastErrorText()}";
        return new(
            0, Blind: true, sentence,
            [
                new HealthItem(
                    "terminals.unwatched", HealthSeverity.Error, $"Terminals are not watched: {sentence}.",
                    "Raise fs.inotify.max_user_watches (sysctl), and run the agent as root.")]);
    }
}
