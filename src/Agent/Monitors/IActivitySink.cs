namespace Opportunism.Agent.Monitors;

/// <summary>Where a monitor says what it noticed. Every member may be called from any thread, never blocks and allocates nothing.</summary>
public interface IActivitySink
{
    /// <summary>The owner was seen just now.</summary>
    /// <param name="source">Which device or display was active; null when that is not known, or when one came or went, which no device does by itself.</param>
    void Seen(ActivitySource? source = null);

    /// <summary>The owner was seen that long ago: for sources that tell an idle time. Older than what is known changes nothing.</summary>
    /// <param name="ago">How long ago.</param>
    /// <param name="source">As above.</param>
    void Seen(TimeSpan ago, ActivitySource? source = null);

    /// <summary>What the monitor sees has changed (a device came or went, a display could not be opened).</summary>
    void SightChanged(MonitorStatus sight);
}
