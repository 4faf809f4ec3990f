namespace Opportunism.Core.Activity;

/// <summary>Decides when the owner was last there for certain, from when activity was noticed and whether its source may move by itself.
/// Pure.</summary>
/// <remarks>
/// Some sources move without a person: a stick that drifts, an optical mouse on glass, a wet touch screen. Each of their events freezes
/// guests at once and keeps them frozen for ThawAfter, like any other. It restarts IdleFor only when confirmed:
/// 1. Activity is grouped into bursts. After an event a monitor ignores events for 2.5 s, so any shorter move is one burst.
/// 2. A burst is confirmed when it comes from a source that only a person moves (a key, a button, a switch), when the burst before it began
///    at most <see cref="SecondWithin"/> earlier, or when the one before that ended at most IdleFor earlier.
/// So a single twitch is not confirmed. An owner who does something at least once every half of IdleFor counts as present from the third
/// time on. An owner who only nudges a pointer, and less often, counts as away from ThawAfter after a nudge until the next nudge, which
/// freezes the guests again.
/// </remarks>
public static class OwnerPresence
{
    /// <summary>How many beginnings of bursts must be remembered: an older one cannot confirm a burst that is younger than
    /// IdleFor.</summary>
    public const int Remembered = 4;

    /// <summary>Activity within this time of a burst's beginning belongs to the burst: 2.5 s in which events are ignored and half a second
    /// to wake up.</summary>
    public static readonly TimeSpan BurstLasts = TimeSpan.FromSeconds(3);

    /// <summary>Two bursts that begin within this time confirm each other: a hand that returns to the desk does more than one
    /// thing.</summary>
    public static readonly TimeSpan SecondWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long ago the owner was last there for certain. Allocates nothing.</summary>
    /// <param name="bursts">How long ago each of the newest bursts began, the newest first; <see cref="TimeSpan.MaxValue"/> where there was
    /// none.</param>
    /// <param name="quietFor">How long ago the newest activity was.</param>
    /// <param name="certainAgo">How long ago a source was active that only a person moves.</param>
    /// <param name="idleFor">How long the owner must be away before the node is lent.</param>
    public static TimeSpan AwayFor(ReadOnlySpan<TimeSpan> bursts, TimeSpan quietFor, TimeSpan certainAgo, TimeSpan idleFor)
    {
        for (var i = 0; i < bursts.Length && bursts[i] != TimeSpan.MaxValue; i++)
        {
            // Two bursts longer: each of the two before may have lasted that long, and only their beginnings are known.
            if (!IsWithin(SecondWithin, bursts, i, i + 1) && !IsWithin(idleFor + (BurstLasts * 2), bursts, i, i + 2)) continue;

            // The end is known only for the newest burst; any other lasted at most this long.
            var ended = i == 0 ? quietFor : bursts[i] - BurstLasts;
            return ended < certainAgo ? ended : certainAgo;
        }

        return certainAgo;
    }

    private static bool IsWithin(TimeSpan time, ReadOnlySpan<TimeSpan> bursts, int burst, int before) =>
        before < bursts.Length && bursts[before] != TimeSpan.MaxValue && bursts[before] - bursts[burst] <= time;
}
