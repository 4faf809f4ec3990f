namespace Opportunism.Agent.Monitors;

/// <summary>Remembers when the owner was last seen and by which monitor, and wakes the deciding thread.</summary>
/// <remarks>Any thread may write and read. Nothing here locks, allocates or throws: it lies on the path from a key press to the freeze.</remarks>
public sealed class ActivityLedger
{
    private readonly TimeProvider time;
    private long lastSeen;
    private string lastSeenBy = "";
    private IWakeable? woken;

    /// <summary>Starts as if the owner had been seen this instant: an agent that has just started knows nothing yet.</summary>
    public ActivityLedger(TimeProvider time)
    {
        this.time = time;
        lastSeen = time.GetTimestamp();
    }

    /// <summary>When any monitor last saw the owner, as a <see cref="TimeProvider.GetTimestamp"/>; never goes back.</summary>
    public long LastSeenTimestamp => Volatile.Read(ref lastSeen);

    /// <summary>The monitor that saw the owner last; empty before the first time.</summary>
    /// <remarks>Read beside <see cref="LastSeenTimestamp"/> it may belong to a sighting a moment older or newer; it is for people.</remarks>
    public string LastSeenBy => Volatile.Read(ref lastSeenBy);

    /// <summary>Who is woken by news; set once by the deciding thread before the monitors start.</summary>
    public IWakeable? Woken
    {
        get => Volatile.Read(ref woken);
        set => Volatile.Write(ref woken, value);
    }

    /// <summary>The owner was seen just now.</summary>
    public void Seen(string monitor) => Record(monitor, time.GetTimestamp());

    /// <summary>The owner was seen that long ago; older than what is known changes nothing.</summary>
    public void Seen(string monitor, TimeSpan ago)
    {
        var ticks = ago <= TimeSpan.Zero ? 0 : (long)(ago.TotalSeconds * time.TimestampFrequency);
        Record(monitor, time.GetTimestamp() - ticks);
    }

    /// <summary>Something other than activity has changed (a monitor went blind): the deciding thread must look again.</summary>
    public void Wake() => Woken?.Wake();

    private void Record(string monitor, long timestamp)
    {
        var known = Volatile.Read(ref lastSeen);
        while (timestamp >= known)
        {
            var found = Interlocked.CompareExchange(ref lastSeen, timestamp, known);
            if (found == known)
            {
                Volatile.Write(ref lastSeenBy, monitor);
                Woken?.Wake();
                return;
            }

            known = found;
        }
    }
}
