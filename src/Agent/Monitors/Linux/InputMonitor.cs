using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Notices every key, move and touch on this machine's input devices without being able to learn which.</summary>
/// <remarks>
/// 1. Devices that a person uses are chosen by their capabilities and opened write-only: the kernel refuses every read.
/// 2. The monitor's thread sleeps in poll(2) until a device has an event, or a device is added or removed.
/// 3. The waiting events are discarded unread, the owner counts as seen, and for <see cref="IActivityMonitor.IgnoresEventsFor"/>
///    only added and removed devices are waited for: a mouse of 1000 Hz costs less than one wake-up a second.
/// 4. Then all devices are waited for again; events of the time between still wait in the kernel and wake at once.
/// 5. Once after each activity, when it has been quiet for <see cref="InputGrabs.QuietFor"/>, and at each check, it finds out which devices
///    another program has grabbed.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class InputMonitor : IActivityMonitor
{
    // The first entries of poll's list are the monitor's own; devices come after them.
    private const int WakeEntry = 0, FolderEntry = 1, FirstDevice = 2;

    private readonly Questions questions = new();
    private readonly string deviceFolder;
    private readonly string classFolder;
    private readonly IgnoreList ignore;
    private readonly TimeProvider time;

    /// <param name="time">The clock for ignoring events.</param>
    /// <param name="ignore">Names of devices to ignore.</param>
    /// <param name="deviceFolder">Where the event nodes are.</param>
    /// <param name="classFolder">Where the kernel describes them.</param>
    public InputMonitor(TimeProvider time, IgnoreList ignore, string deviceFolder = "/dev/input", string classFolder = "/sys/class/input")
    {
        this.time = time;
        this.ignore = ignore;
        this.deviceFolder = deviceFolder;
        this.classFolder = classFolder;
    }

    /// <inheritdoc/>
    public string Name => "input";

    /// <inheritdoc/>
    public Task<MonitorStatus> LookAsync(CancellationToken cancellationToken) => questions.AskAsync(cancellationToken);

    /// <inheritdoc/>
    public Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static wake => ((WakeEvent)wake!).Set(), questions.Wake);
        using var folder = new FolderWatch(deviceFolder);
        using var devices = new InputDevices(deviceFolder, classFolder, ignore, time);

        folder.Arm();
        devices.Scan();
        activity.SightChanged(devices.Sight());
        var (watched, entries) = List(devices, folder);
        long? awaySince = null;
        long? checkGrabsFrom = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            var left = Left(IActivityMonitor.IgnoresEventsFor, awaySince);
            if (left is null) awaySince = null;

            // Ignores devices, and a parent folder too, which may change often.
            var attended = awaySince is null ? entries.Length : folder.FolderMissing ? FolderEntry : FirstDevice;
            foreach (ref var entry in entries.AsSpan()) entry.Returned = 0;

            // Rounded up, or the last fraction of a millisecond would be spent in a loop.
            var pause = left ?? Left(InputGrabs.QuietFor, checkGrabsFrom);
            var ready = Libc.Wait(entries.AsSpan(0, attended), pause is { } wait ? (int)Math.Ceiling(wait.TotalMilliseconds) : -1);
            if (ready == 0)
            {
                if (awaySince is not null || checkGrabsFrom is null || Left(InputGrabs.QuietFor, checkGrabsFrom) is not null) continue;
                checkGrabsFrom = null;
                if (devices.CheckGrabs(() => EventsWait(entries))) activity.SightChanged(devices.Sight());
                continue;
            }

            var broken = false;
            if (Flush(watched, entries, time.GetTimestamp(), ref broken) is { } source)
            {
                activity.Seen(source);
                checkGrabsFrom = awaySince = time.GetTimestamp();
            }

            var changed = entries[FolderEntry].Returned != 0;
            if (entries[WakeEntry].Returned == 0 && !changed && !broken) continue;

            // A person plugs or unplugs a device.
            questions.Wake.Reset();
            if (Rescan(devices, folder, watched, entries)) activity.Seen();
            (watched, entries) = List(devices, folder);
            devices.CheckGrabs(() => EventsWait(entries));
            var sight = devices.Sight();
            activity.SightChanged(sight);
            questions.Answer(sight);
            if (broken || (changed && folder.FolderMissing)) awaySince = time.GetTimestamp();
        }

        return Task.CompletedTask;
    }

    private TimeSpan? Left(TimeSpan of, long? since) =>
        since is { } start && of - time.GetElapsedTime(start) is { Ticks: > 0 } left ? left : null;

    /// <summary>Discards the waiting events unread. Returns the device that was active, preferably one that does not move by itself; null
    /// when none was. Allocates nothing.</summary>
    private static ActivitySource? Flush(InputDevice[] watched, ReadOnlySpan<Libc.PollEntry> entries, long now, ref bool broken)
    {
        ActivitySource? seen = null;
        for (var i = 0; i < watched.Length; i++)
        {
            var returned = entries[FirstDevice + i].Returned;
            if (returned == 0) continue;
            if (IsBroken(returned) || !watched[i].Flush(now)) broken = true;
            else if (seen is not { MovesByItself: false }) seen = watched[i].Description.Source;
        }

        return seen;
    }

    /// <summary>Opens added devices and closes removed ones. True when a watched device was added or removed.</summary>
    private bool Rescan(InputDevices devices, FolderWatch folder, InputDevice[] watched, Libc.PollEntry[] entries)
    {
        var changed = false;
        for (var i = 0; i < watched.Length; i++)
        {
            var returned = entries[FirstDevice + i].Returned;
            if (returned != 0 && (IsBroken(returned) || !watched[i].Flush(time.GetTimestamp()))) changed |= devices.Gone(watched[i].Node);
        }

        folder.Drain(name => changed |= devices.Gone(name));
        folder.Arm();
        return devices.Scan() | changed;
    }

    private static bool EventsWait(Libc.PollEntry[] entries) => Libc.Wait(entries.AsSpan(FirstDevice), 0) > 0;

    private static bool IsBroken(short returned) => (returned & (Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL)) != 0;

    private (InputDevice[] Watched, Libc.PollEntry[] Entries) List(InputDevices devices, FolderWatch folder)
    {
        InputDevice[] watched = [.. devices.Open];
        int[] descriptors = [questions.Wake.Descriptor, folder.Descriptor, .. watched.Select(device => device.Descriptor)];
        return (watched, [.. descriptors.Select(descriptor => new Libc.PollEntry { Descriptor = descriptor, Events = Libc.POLLIN })]);
    }
}
