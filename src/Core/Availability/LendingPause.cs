namespace Opportunism.Core.Availability;

/// <summary>How long a node waits before it lends again when it stopped lending although no owner came: twice as long each time.
/// Pure.</summary>
/// <remarks>Without it a condition that fails because of the guests themselves (memory, load) would suspend and resume them all
/// night.</remarks>
/// <param name="InARow">How often in a row the node stopped lending without an owner.</param>
public readonly record struct LendingPause(int InARow)
{
    /// <summary>Longest pause. A node that has lent for as long starts again with the shortest one,
    /// <see cref="AvailabilityTimes.ThawAfter"/>.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <summary>How long the node waits, counted from when it stopped lending.</summary>
    public TimeSpan Lasts(AvailabilityTimes times) => InARow == 0 ? TimeSpan.Zero : new Backoff(times.ThawAfter, Longest).After(InARow);

    /// <summary>Whether a node that stops lending for this reason pauses: not when a person caused it.</summary>
    public static bool Follows(Reason why) =>
        why is { Code: ReasonCode.MemoryNeeded or ReasonCode.MonitorBlind } or
        {
            Code: ReasonCode.ConditionFails,
            Source: not Reason.Snooze
        };

    /// <summary>The pause after the node stopped lending once more without an owner.</summary>
    /// <param name="lentFor">How long it had lent.</param>
    public LendingPause Next(TimeSpan lentFor) => new((lentFor < Longest ? InARow : 0) + 1);
}
