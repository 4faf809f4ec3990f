namespace Opportunism.Agent.Monitors;

/// <summary>Watches one way of noticing the owner.</summary>
public interface IActivityMonitor
{
    /// <summary>Name in settings, logs and reports; never changes.</summary>
    string Name { get; }

    /// <summary>Runs until cancelled; calls <see cref="IActivitySink.Seen(ActivitySource?)"/> at once, from any thread. If the source breaks it
    /// throws: until the agent has started it again, the owner counts as present.</summary>
    /// <remarks>Called once per start, on a thread of its own, so it may block in the kernel. After an event it may look away for
    /// at most <see cref="LooksAwayFor"/>; what happens meanwhile must be seen right afterwards.</remarks>
    Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken);

    /// <summary>What the monitor sees right now. Asked from any thread every half minute and by <c>doctor</c>, and returns at once, however
    /// long the answer takes; one that has not answered within five seconds counts as hung, and so as blind.</summary>
    Task<MonitorStatus> LookAsync(CancellationToken cancellationToken);

    /// <summary>Longest time a monitor looks away after an event: half of the shortest time after which guests may go on (AvailabilityTimes.ShortestThawAfter).</summary>
    static readonly TimeSpan LooksAwayFor = TimeSpan.FromSeconds(2.5);
}
