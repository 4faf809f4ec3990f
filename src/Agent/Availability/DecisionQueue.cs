namespace Opportunism.Agent.Availability;

/// <summary>Decisions on their way from the deciding thread to the log: a ring of structs that are allocated once.</summary>
/// <remarks>One thread adds, one other takes; neither ever waits for the other. When the ring is full the new entry is dropped and
/// counted.</remarks>
internal sealed class DecisionQueue
{
    /// <summary>Entries that fit: a day of a busy desktop has some 20, so only a log that has not been read for days fills it.</summary>
    public const int Capacity = 256;

    private readonly Decision[] ring = new Decision[Capacity];
    private long added;
    private long taken;
    private long dropped;

    /// <summary>How many entries were dropped since the start.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Adds an entry, or drops it when the ring is full. The deciding thread only; never waits, never allocates.</summary>
    public void Add(in Decision decision)
    {
        if (added - Volatile.Read(ref taken) >= Capacity)
        {
            Volatile.Write(ref dropped, dropped + 1);
            return;
        }

        ring[added % Capacity] = decision;
        Volatile.Write(ref added, added + 1);
    }

    /// <summary>Takes the oldest entry; false when there is none. The logging thread only.</summary>
    public bool TryTake(out Decision decision)
    {
        if (taken == Volatile.Read(ref added))
        {
            decision = default;
            return false;
        }

        decision = ring[taken % Capacity];
        Volatile.Write(ref taken, taken + 1);
        return true;
    }
}
