namespace Opportunism.Core.Activity;

/// <summary>Decides when the owner was last there for certain, knowing only when activity was noticed and whether its source may move by itself. Pure.</summary>
/// <remarks>
/// Some sources move without a person: a stick that drifts, an optical mouse on glass, a wet touch screen. Each of their events freezes guests at
/// once and keeps them frozen for ThawAfter, like any other. Against IdleFor it counts only when confirmed:
/// 1. Activity is gathered in bursts. After an event a monitor looks away for 2.5 s, so a move of any length below that is one burst.
/// 2. A burst is confirmed when it comes from a source that a person alone moves (a key, a button, a switch), when the burst before it began at
///    most <see cref="SecondWithin"/> earlier, or when the one before that ended at most IdleFor earlier.
/// So a single twitch counts for nothing. An owner who does anything at all at least every half of IdleFor counts as present from the third time on.
/// One who only nudges a pointer, and more rarely, counts as away from ThawAfter after a nudge until the next one, which freezes the guests again.
/// </remarks>
public static class OwnerPresence
{
    /// <summary>How many beginnings of bursts must be remembered: an older one cannot have confirmed what is still younger than IdleFor.</summary>
    public const int Remembered = 4;

    /// <summary>What follows the beginning of a burst within this time belongs to it: 2.5 s of looking away and half a second to wake up.</summary>
    public static readonly TimeSpan BurstLasts = TimeSpan.FromSeconds(3);

    /// <summary>Two bursts that begin within this time confirm each other: a hand that returns to the desk does more than one thing.</summary>
    public static readonly TimeSpan SecondWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long ago the owner was last there for certain. Allocates nothing.</summary>
    /// <param name="bursts">How long ago each of the newest bursts began, the newest first; <see cref="TimeSpan.MaxValue"/> where there was none.</param>
    /// <param name="quietFor">How long ago the newest activity was.</param>
    /// <param name="certainAgo">How long ago a source was active that a person alone moves.</param>
    /// <param name="idleFor">How long the owner must be away before the node is lent.</param>
    public static TimeSpan AwayFor(ReadOnlySpan<TimeSpan> bursts, TimeSpan quietFor, TimeSpan certainAgo, TimeSpan idleFor)
    {
        for (var i = 0; i < bursts.Length && bursts[i] != TimeSpan.MaxValue; i++)
        {
            // Twice a burst more: the two before may each have lasted so long, and only their beginnings are known.
            if (!IsWithin(SecondWithin, bursts, i, i + 1) && !IsWithin(idleFor + (BurstLasts * 2), bursts, i, i + 2)) continue;

            // When the burst ended is known of the newest one only; another lasted at most so long.
            var ended = i == 0 ? quietFor : bursts[i] - BurstLasts;
            return ended < certainAgo ? ended : certainAgo;
        }

        return certainAgo;
    }

    private static bool IsWithin(TimeSpan time, ReadOnlySpan<TimeSpan> bursts, int burst, int before) =>
        before < bursts.Length && bursts[before] != TimeSpan.MaxValue && bursts[before] - bursts[burst] <= time;
}
