namespace Opportunism.Core.Availability;

/// <summary>Decides the state of a node. Pure: the same moment always gives the same verdict, and nothing is allocated.</summary>
public static class AvailabilityRules
{
    /// <summary>The state that follows from <paramref name="now"/>, or null when the node stays as it is.</summary>
    /// <remarks>Asked again with the new state at the same point in time it never leads back to a state it came from.</remarks>
    public static Verdict? Next(in Moment now, AvailabilityTimes times) => now.State switch
    {
        NodeState.InUse when now.Guests > now.PausedGuests => new(NodeState.Frozen, new(ReasonCode.GuestsFound)),
        NodeState.InUse => Obstacle(now, times.ThawAfter, times.IdleFor) is null ? new(NodeState.Available, new(ReasonCode.OwnerQuiet)) : null,
        NodeState.Available => Obstacle(now, times.ThawAfter, TimeSpan.Zero) is { } reason
            ? new(now.Guests > 0 ? NodeState.Frozen : NodeState.InUse, reason)
            : null,
        NodeState.Frozen => FromFrozen(now, times),
        NodeState.Evicting => now.Guests <= now.PausedGuests ? new(NodeState.InUse, new(ReasonCode.NoGuestLeft)) : null,
        _ => throw new ArgumentOutOfRangeException(nameof(now), now.State, "Unknown node state."),
    };

    /// <summary>How long until <see cref="Next"/> can change its answer by the passing of time alone; null when time changes nothing.</summary>
    public static TimeSpan? ChangesIn(in Moment now, AvailabilityTimes times) => now.State switch
    {
        NodeState.InUse => Later(Until(times.IdleFor, now.AwayFor), Until(times.ThawAfter, now.QuietFor)),
        NodeState.Frozen => Sooner(Until(times.ThawAfter, now.QuietFor), Until(times.EvictAfter, now.InState)),
        _ => null,
    };

    /// <summary>The sooner of two waits; null is one without an end.</summary>
    // Stryker disable once equality : of two equal times either is the sooner.
    public static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => b is null || a < b ? a : b;

    /// <summary>The later of two waits; null is no wait.</summary>
    // Stryker disable once equality : of two equal times either is the later.
    private static TimeSpan? Later(TimeSpan? a, TimeSpan? b) => b is null || a > b ? a : b;

    private static Verdict? FromFrozen(in Moment now, AvailabilityTimes times)
    {
        if (now.Guests == 0) return new(NodeState.InUse, new(ReasonCode.NoGuestLeft));
        if (now.TakenBackBy is { } who) return new(NodeState.Evicting, new(ReasonCode.TakenBack, who));
        if (now.OwnerNeedsMemory) return new(NodeState.Evicting, new(ReasonCode.MemoryNeeded));
        if (Obstacle(now, times.ThawAfter, TimeSpan.Zero) is null) return new(NodeState.Available, new(ReasonCode.OwnerQuiet));
        return now.InState >= times.EvictAfter ? new(NodeState.Evicting, new(ReasonCode.OwnerStayed)) : null;
    }

    /// <summary>What stands in the way of guests running, given how long it must be quiet and how long the owner must be away; null when nothing does.</summary>
    private static Reason? Obstacle(in Moment now, TimeSpan quiet, TimeSpan away)
    {
        if (now.TakenBackBy is { } who) return new(ReasonCode.TakenBack, who);
        if (now.QuietFor < quiet || now.AwayFor < away) return new(ReasonCode.OwnerSeen, now.LastSeenBy);
        if (now.BlindMonitor is { } monitor) return new(ReasonCode.MonitorBlind, monitor);
        if (now.OwnerNeedsMemory) return new(ReasonCode.MemoryNeeded);
        if (now.FailingCondition is { } condition) return new(ReasonCode.ConditionFails, condition);
        return null;
    }

    private static TimeSpan? Until(TimeSpan target, TimeSpan elapsed) => elapsed < target ? target - elapsed : null;
}
