namespace Opportunism.Agent.Monitors;

/// <summary>Where a monitor says what it noticed. Every member may be called from any thread, never blocks and allocates nothing.</summary>
public interface IActivitySink
{
    /// <summary>The owner was seen just now.</summary>
    void Seen();

    /// <summary>The owner was seen that long ago: for sources that tell an idle time. Older than what is known changes nothing.</summary>
    void Seen(TimeSpan ago);

    /// <summary>What the monitor sees has changed (a device came or went, a display could not be opened).</summary>
    void SightChanged(MonitorSight sight);
}
