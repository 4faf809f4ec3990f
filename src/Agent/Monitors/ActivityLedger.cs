using Opportunism.Core.Activity;

namespace Opportunism.Agent.Monitors;

/// <summary>Records when the owner was last seen, by which monitor and on which device, and wakes the deciding thread.</summary>
/// <remarks>Any thread may write and read. Nothing here locks, allocates or throws: it is on the path from a key press to the
/// freeze.</remarks>
public sealed class ActivityLedger
{
    private readonly TimeProvider time;
    private readonly long burstLasts;

    // When the newest bursts of activity began, the newest first; long.MinValue where there was none.
    private readonly long[] bursts = new long[OwnerPresence.Remembered];
    private int addingBurst;
    private long lastCertain;
    private long lastSeen;
    private string lastSeenBy = "";
    private ActivitySource? lastSource;
    private IWakeable? woken;

    /// <summary>Starts as if the owner had been seen now: an agent that has just started has no information yet.</summary>
    public ActivityLedger(TimeProvider time)
    {
        this.time = time;
        burstLasts = Ticks(OwnerPresence.BurstLasts);
        lastSeen = lastCertain = time.GetTimestamp();
        Array.Fill(bursts, long.MinValue);
    }

    /// <summary>When any monitor last saw the owner, as a <see cref="TimeProvider.GetTimestamp"/>; never goes back.</summary>
    public long LastSeenTimestamp => Volatile.Read(ref lastSeen);

    /// <summary>The monitor that saw the owner last; empty where none has seen it since the agent or a monitor began to watch.</summary>
    /// <remarks>It may belong to a slightly older or newer activity than <see cref="LastSeenTimestamp"/>; it is for people.</remarks>
    public string LastSeenBy => Volatile.Read(ref lastSeenBy);

    /// <summary>The device or display that was active last; null when that is not known. For people, as <see cref="LastSeenBy"/>
    /// is.</summary>
    public ActivitySource? LastSource => Volatile.Read(ref lastSource);

    /// <summary>What is woken by a change; set once by the deciding thread before the monitors start.</summary>
    public IWakeable? Woken
    {
        get => Volatile.Read(ref woken);
        set => Volatile.Write(ref woken, value);
    }

    /// <summary>How long ago the owner was last there for certain: activity of sources that may move by themselves counts only when
    /// confirmed.</summary>
    /// <remarks>While a burst is being added a beginning may be read twice, which confirms it this one time: the safe error.</remarks>
    public TimeSpan AwayFor(TimeSpan idleFor)
    {
        Span<TimeSpan> ages = stackalloc TimeSpan[OwnerPresence.Remembered];
        for (var i = 0; i < ages.Length; i++)
        {
            var began = Volatile.Read(ref bursts[i]);
            ages[i] = began == long.MinValue ? TimeSpan.MaxValue : time.GetElapsedTime(began);
        }

        return OwnerPresence.AwayFor(
            ages, time.GetElapsedTime(LastSeenTimestamp), time.GetElapsedTime(Volatile.Read(ref lastCertain)), idleFor);
    }

    /// <summary>The owner was seen just now.</summary>
    public void Seen(string monitor, ActivitySource? source = null) => Record(monitor, source, time.GetTimestamp());

    /// <summary>The owner was seen that long ago; an older time than the recorded one changes nothing.</summary>
    public void Seen(string monitor, TimeSpan ago, ActivitySource? source = null) =>
        Record(monitor, source, time.GetTimestamp() - (ago <= TimeSpan.Zero ? 0 : Ticks(ago)));

    /// <summary>A monitor begins to watch: what the owner did before is not known, so the owner counts as seen just now, but by no
    /// monitor.</summary>
    public void CountAsSeen() => Record("", source: null, time.GetTimestamp());

    /// <summary>Something other than activity has changed (a monitor became blind): the deciding thread must decide again.</summary>
    public void Wake() => Woken?.Wake();

    private void Record(string monitor, ActivitySource? source, long timestamp)
    {
        if (source is not { MovesByItself: true }) Raise(ref lastCertain, timestamp);
        AddBurst(timestamp);
        if (!Raise(ref lastSeen, timestamp)) return;
        Volatile.Write(ref lastSeenBy, monitor);
        Volatile.Write(ref lastSource, source);
        Woken?.Wake();
    }

    private void AddBurst(long timestamp)
    {
        // Two threads at the same time: it is one burst, and the other thread adds it.
        if (!IsNewBurst(timestamp) || Interlocked.CompareExchange(ref addingBurst, 1, 0) != 0) return;
        if (IsNewBurst(timestamp))
        {
            for (var i = bursts.Length - 1; i > 0; i--) Volatile.Write(ref bursts[i], Volatile.Read(ref bursts[i - 1]));
            Volatile.Write(ref bursts[0], timestamp);
        }

        Volatile.Write(ref addingBurst, 0);
    }

    private bool IsNewBurst(long timestamp) =>
        Volatile.Read(ref bursts[0]) is var newest && (newest == long.MinValue || timestamp - newest > burstLasts);

    /// <summary>Sets a point in time unless a later one is set already. True when it was set.</summary>
    private static bool Raise(ref long latest, long timestamp)
    {
        var known = Volatile.Read(ref latest);
        while (timestamp >= known)
        {
            var found = Interlocked.CompareExchange(ref latest, timestamp, known);
            if (found == known) return true;
            known = found;
        }

        return false;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
