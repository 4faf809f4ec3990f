namespace Opportunism.Agent.Monitors;

/// <summary>Receives what a monitor noticed. Every member may be called from any thread, never blocks and allocates nothing.</summary>
public interface IActivitySink
{
    /// <summary>The owner was seen just now.</summary>
    /// <param name="source">Which device or display was active; null when that is not known, or when a device was added or removed, which
    /// no device does by itself.</param>
    void Seen(ActivitySource? source = null);

    /// <summary>The owner was seen that long ago: for sources that report an idle time. An older time than the recorded one changes
    /// nothing.</summary>
    /// <param name="ago">How long ago.</param>
    /// <param name="source">As above.</param>
    void Seen(TimeSpan ago, ActivitySource? source = null);

    /// <summary>What the monitor sees has changed (a device was added or removed, a display could not be opened).</summary>
    void SightChanged(MonitorStatus sight);
}
