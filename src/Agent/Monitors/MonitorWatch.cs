using Microsoft.Extensions.Logging;
using Opportunism.Agent.Running;

namespace Opportunism.Agent.Monitors;

/// <summary>Runs every monitor, restarts one that failed, and tracks which of them are blind.</summary>
/// <remarks>The deciding thread's reads (<see cref="BlindMonitor"/>, <see cref="Sights"/>) are plain reads of immutable values and never
/// block.</remarks>
public sealed class MonitorWatch
{
    /// <summary>The value of <see cref="BlindMonitor"/> when no monitor is blind but none has anything to watch.</summary>
    public const string NothingToWatch = "monitors";

    /// <summary>How often monitors are checked.</summary>
    internal static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(30);

    private readonly WatchedMonitor[] monitors;
    private readonly TimeProvider time;
    private long? askedAt;
    private readonly bool mayWatchNothing;
    private bool judged = true;

    /// <param name="monitors">The enabled monitors, in the order in which they are shown.</param>
    /// <param name="ledger">Records what they see.</param>
    /// <param name="time">The clock for back-off and for checks.</param>
    /// <param name="log">Where changes are logged; never on the path of an event.</param>
    /// <param name="withoutSeat">What to do where there is nothing to watch.</param>
    public MonitorWatch(
        IReadOnlyList<IActivityMonitor> monitors, ActivityLedger ledger, TimeProvider time, ILogger<MonitorWatch> log,
        WithoutSeat withoutSeat = WithoutSeat.Refuse)
    {
        mayWatchNothing = withoutSeat == WithoutSeat.Lend;
        this.time = time;
        this.monitors = [.. monitors.Select(monitor => new WatchedMonitor(monitor, ledger, time, log))];
    }

    /// <summary>The first monitor that cannot see; <see cref="NothingToWatch"/> when all of them together watch nothing, since no
    /// information never means that the owner is away; null when the owner would be noticed. Allocates nothing.</summary>
    public string? BlindMonitor
    {
        get
        {
            var sources = 0;
            foreach (var monitor in monitors)
            {
                var sight = monitor.Sight;
                if (sight.Blind) return monitor.Name;
                sources += sight.OfSeat;
            }

            return sources == 0 && !mayWatchNothing ? NothingToWatch : null;
        }
    }

    /// <summary>What each monitor sees, in the order given.</summary>
    public IReadOnlyList<NamedSight> Sights => [.. monitors.Select(monitor => new NamedSight(monitor.Name, monitor.Sight))];

    /// <summary>Runs until cancelled; called once. A failure of a monitor does not end it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => TaskGroup.RunAsync([WatchAsync, AskAsync], time, cancellationToken);

    /// <summary>Runs every monitor until cancelled, without checking any.</summary>
    internal Task WatchAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(monitors.Select(monitor => monitor.KeepWatchingAsync(cancellationToken)));

    /// <summary>Checks all of them at the same time, on a thread that sleeps in the kernel in between: the threads of the runtime's pool
    /// sleep by then, and waking them twice each half minute would cost more wake-ups than the monitors do.</summary>
    internal Task AskAsync(CancellationToken cancellationToken) => OwnThread.RunAsync("monitor watch", () =>
    {
        bool stopped;
        // Rounded up: waking a fraction of a millisecond early would find that nothing is due yet and spin.
        do stopped = cancellationToken.WaitHandle.WaitOne((int)Math.Ceiling(Step().TotalMilliseconds));
        while (!stopped);
        return Task.CompletedTask;
    });

    /// <summary>Starts checks of the monitors, or evaluates their results, if that is due; returns how long until the next of these is due.
    /// One caller at a time.</summary>
    internal TimeSpan Step()
    {
        var elapsed = askedAt is { } asked ? time.GetElapsedTime(asked) : LooksEvery;
        if (!judged && elapsed >= WatchedMonitor.ReplyLimit)
        {
            foreach (var monitor in monitors) monitor.Judge();
            judged = true;
        }

        if (elapsed < LooksEvery) return (judged ? LooksEvery : WatchedMonitor.ReplyLimit) - elapsed;
        askedAt = time.GetTimestamp();
        judged = false;
        foreach (var monitor in monitors) monitor.Ask();
        return WatchedMonitor.ReplyLimit;
    }

    /// <summary>Checks every monitor now and returns what they see; for <c>doctor</c>.</summary>
    public async Task<IReadOnlyList<NamedSight>> LookAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(monitors.Select(monitor => monitor.LookOnceAsync(cancellationToken)));
        return Sights;
    }
}
