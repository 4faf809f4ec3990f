namespace Opportunism.Agent.Monitors;

/// <summary>One way of noticing the owner.</summary>
public interface IActivityMonitor
{
    /// <summary>Name in settings, logs and reports; never changes.</summary>
    string Name { get; }

    /// <summary>Runs until cancelled; calls <see cref="IActivitySink.Seen(ActivitySource?)"/> at once, from any thread. If the source
    /// breaks it throws: until the agent has started it again, the owner counts as present.</summary>
    /// <remarks>Called once per start, on a thread of its own, so it may block in the kernel. After an event it may ignore further events
    /// for at most <see cref="IgnoresEventsFor"/>; activity during that time must be seen right afterwards.</remarks>
    Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken);

    /// <summary>What the monitor sees right now. Called from any thread every half minute and by <c>doctor</c>; returns at once, however
    /// long its task takes. A monitor whose task has not ended within five seconds counts as hung, and so as blind.</summary>
    Task<MonitorStatus> LookAsync(CancellationToken cancellationToken);

    /// <summary>Longest time for which a monitor ignores events after one: half of the shortest time after which guests may run again
    /// (AvailabilityTimes.ShortestThawAfter).</summary>
    static readonly TimeSpan IgnoresEventsFor = TimeSpan.FromSeconds(2.5);
}
