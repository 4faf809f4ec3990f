using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Notices the users of this machine's X displays: each X server reports when its user becomes active.</summary>
/// <remarks>
/// Its thread sleeps in poll(2) until a server sends an event, a display is added or removed, or, while a user is active, until the time
/// is over for which "active" was last reported. A display that exists and cannot be watched makes the monitor blind; one that ends counts
/// as activity, and so does a new one. A display whose compositor starts its server on demand is not opened until that server runs; it is
/// looked for at each check.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class X11Monitor : IActivityMonitor
{
    private const int WakeEntry = 0, FolderEntry = 1, FirstDisplay = 2;

    // A server creates its socket before it listens: one that refuses is retried this long after a change in the folder.
    private static readonly TimeSpan[] RefusedAgain = [TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    // A display that cannot be watched is retried this often; each attempt costs the server a connection.
    private static readonly TimeSpan BlindAgain = TimeSpan.FromSeconds(10);

    private readonly Questions questions = new();
    private readonly TimeProvider time;
    private readonly IgnoreList ignore;
    private readonly string folder;

    /// <param name="time">The clock.</param>
    /// <param name="ignore">Displays to ignore, such as <c>:99</c>.</param>
    /// <param name="folder">Where X servers put their sockets.</param>
    public X11Monitor(TimeProvider time, IgnoreList ignore, string folder = "/tmp/.X11-unix")
    {
        this.time = time;
        this.ignore = ignore;
        this.folder = folder;
    }

    /// <inheritdoc/>
    public string Name => "x11";

    /// <inheritdoc/>
    public Task<MonitorStatus> LookAsync(CancellationToken cancellationToken) => questions.AskAsync(cancellationToken);

    /// <inheritdoc/>
    public Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static wake => ((WakeEvent)wake!).Set(), questions.Wake);
        using var changes = new FolderWatch(folder);
        using var displays = new X11DisplaySet(folder, ignore, activity, time);
        changes.Arm();
        displays.Scan();
        activity.SightChanged(displays.Sight());
        var entries = List(displays, changes);
        var saidAt = time.GetTimestamp();
        var scannedAt = saidAt;
        var tries = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var wasActive = displays.Active is not null;
            var pause = wasActive ? Left(IActivityMonitor.IgnoresEventsFor, saidAt) : TimeSpan.MaxValue;
            if (ScanAgainAfter(displays, tries) is { } again && Left(again, scannedAt) is var left && left < pause) pause = left;

            // While the folder is missing its parent is watched, which may change often: then not more often than other events.
            var busy = changes.FolderMissing ? Left(IActivityMonitor.IgnoresEventsFor, scannedAt) : TimeSpan.Zero;
            entries[FolderEntry].Descriptor = busy > TimeSpan.Zero ? -1 : changes.Descriptor;
            if (busy > TimeSpan.Zero && busy < pause) pause = busy;
            foreach (ref var entry in entries.AsSpan()) entry.Returned = 0;
            Libc.Wait(entries, pause == TimeSpan.MaxValue ? -1 : (int)Math.Ceiling(pause.TotalMilliseconds));

            var same = displays.TakeEvents(entries.AsSpan(FirstDisplay));
            var active = displays.Active;
            if (!wasActive && active is not null)
            {
                saidAt = time.GetTimestamp();
            }
            else if (active is not null && Left(IActivityMonitor.IgnoresEventsFor, saidAt) == TimeSpan.Zero)
            {
                // The server has not reported that the user became idle, so there was activity since the last time.
                activity.Seen(active);
                saidAt = time.GetTimestamp();
            }

            var asked = entries[WakeEntry].Returned != 0;
            var changed = entries[FolderEntry].Returned != 0;
            var due = ScanAgainAfter(displays, tries) is { } wait && Left(wait, scannedAt) == TimeSpan.Zero;
            if (same && !asked && !changed && !due) continue;

            questions.Wake.Reset();
            changes.Drain(static _ => { });
            changes.Arm();
            same &= !asked || displays.Look();
            tries = changed ? 0 : tries + 1;

            // A person starts or ends a session.
            if (displays.Scan() | !same) activity.Seen();
            scannedAt = time.GetTimestamp();
            var sight = displays.Sight();
            activity.SightChanged(sight);
            questions.Answer(sight);
            entries = List(displays, changes);
        }

        return Task.CompletedTask;
    }

    private static TimeSpan? ScanAgainAfter(X11DisplaySet displays, int tries) =>
        displays.AnyRefused && tries < RefusedAgain.Length ? RefusedAgain[tries] : displays.AnyBlind ? BlindAgain : null;

    private TimeSpan Left(TimeSpan of, long since) =>
        time.GetElapsedTime(since) is var elapsed && elapsed < of ? of - elapsed : TimeSpan.Zero;

    private Libc.PollEntry[] List(X11DisplaySet displays, FolderWatch changes)
    {
        int[] descriptors = [questions.Wake.Descriptor, changes.Descriptor, .. displays.Watched.Select(display => display.Descriptor)];
        return [.. descriptors.Select(descriptor => new Libc.PollEntry { Descriptor = descriptor, Events = Libc.POLLIN })];
    }
}
