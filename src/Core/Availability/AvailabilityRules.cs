namespace Opportunism.Core.Availability;

/// <summary>Decides the state of a node. Pure: the same moment always gives the same verdict, and nothing is allocated.</summary>
public static class AvailabilityRules
{
    /// <summary>The state that follows from <paramref name="now"/>, or null when the node stays as it is.</summary>
    /// <remarks>Called again with the new state at the same point in time it never leads back to an earlier state.</remarks>
    public static Verdict? Next(in Moment now, AvailabilityTimes times) => now.State switch
    {
        NodeState.InUse when now.Guests > now.PausedGuests => new(NodeState.Frozen, new(ReasonCode.GuestsFound)),
        NodeState.InUse => Obstacle(now, times) is null ? new(NodeState.Available, new(ReasonCode.OwnerQuiet)) : null,
        NodeState.Available => Obstacle(now, times) is { } reason
            ? new(now.Guests > 0 ? NodeState.Frozen : NodeState.InUse, reason)
            : null,
        NodeState.Frozen => FromFrozen(now, times),
        NodeState.Evicting => now.Guests <= now.PausedGuests ? new(NodeState.InUse, new(ReasonCode.NoGuestLeft)) : null,
        _ => throw new ArgumentOutOfRangeException(nameof(now), now.State, "Unknown node state."),
    };

    /// <summary>How long until <see cref="Next"/> can return something else only because time passes; null when time changes
    /// nothing.</summary>
    public static TimeSpan? ChangesIn(in Moment now, AvailabilityTimes times) => now.State switch
    {
        NodeState.InUse =>
            Waits.Sooner(Waits.Later(Until(times.IdleFor, now.AwayFor), Until(times.ThawAfter, now.QuietFor)), PauseLeft(now, times)),
        NodeState.Frozen => Waits.Sooner(
            Waits.Sooner(Until(times.ThawAfter, now.QuietFor), PauseLeft(now, times)),
            Waits.Sooner(Until(times.EvictAfter, now.InState), MayLeaveSoon(now) ? Until(times.EvictSoonAfter, now.InState) : null)),
        _ => null,
    };

    /// <summary>How long until the node becomes Available if only time passes; null when time alone does not make it Available.</summary>
    public static TimeSpan? LendsIn(in Moment now, AvailabilityTimes times)
    {
        if (Obstacle(WithoutWaits(now), times) is not null) return null;
        var quiet = Waits.Later(Until(times.ThawAfter, now.QuietFor), PauseLeft(now, times));
        switch (now.State)
        {
            case NodeState.InUse when now.Guests <= now.PausedGuests:
                return Waits.Later(quiet, Until(times.IdleFor, now.AwayFor)) ?? TimeSpan.Zero;
            case NodeState.Frozen when now.Guests > 0:
                if (quiet is not { } wait) return TimeSpan.Zero;
                // At the same moment it lends rather than evicts.
                var leave = MayLeaveSoon(now) ? Waits.Shorter(times.EvictSoonAfter, times.EvictAfter) : times.EvictAfter;
                return wait <= leave - now.InState ? wait : null;
            default:
                return null;
        }
    }

    /// <summary>Everything that keeps guests from running, the most important first; empty when nothing does. For people;
    /// <see cref="Next"/> uses the first.</summary>
    public static IReadOnlyList<Reason> Obstacles(in Moment now, AvailabilityTimes times)
    {
        var all = new List<Reason>();
        var rest = now;
        while (Obstacle(rest, times) is { } reason)
        {
            all.Add(reason);
            rest = Without(rest, reason.Code);
        }

        return all;
    }

    private static Verdict? FromFrozen(in Moment now, AvailabilityTimes times)
    {
        if (now.Guests == 0) return new(NodeState.InUse, new(ReasonCode.NoGuestLeft));
        if (now.TakenBackBy is { } who) return new(NodeState.Evicting, new(ReasonCode.TakenBack, who));
        if (now.OwnerNeedsMemory) return new(NodeState.Evicting, new(ReasonCode.MemoryNeeded));
        if (Obstacle(now, times) is not { } obstacle) return new(NodeState.Available, new(ReasonCode.OwnerQuiet));
        if (now.InState >= times.EvictAfter)
            return new(NodeState.Evicting, obstacle.Code == ReasonCode.OwnerSeen ? new(ReasonCode.OwnerStayed) : obstacle);
        return MayLeaveSoon(now) && now.InState >= times.EvictSoonAfter ? new(NodeState.Evicting, new(ReasonCode.MemoryScarce)) : null;
    }

    /// <summary>The first thing that keeps guests from running; null when nothing does.</summary>
    private static Reason? Obstacle(in Moment now, AvailabilityTimes times)
    {
        if (now.TakenBackBy is { } who) return new(ReasonCode.TakenBack, who);
        if (now.QuietFor < times.ThawAfter || (now.State == NodeState.InUse && now.AwayFor < times.IdleFor))
            return new(ReasonCode.OwnerSeen, now.LastSeenBy);
        if (now.BlindMonitor is { } monitor) return new(ReasonCode.MonitorBlind, monitor);
        if (now.OwnerNeedsMemory) return new(ReasonCode.MemoryNeeded);
        if (now.FailingCondition is { } condition) return new(ReasonCode.ConditionFails, condition);
        // Only before it lends again: what it stopped for is over already.
        if (now.State != NodeState.Available && PauseLeft(now, times) is not null) return new(ReasonCode.LendingPaused);
        return null;
    }

    private static Moment Without(in Moment now, ReasonCode obstacle) => obstacle switch
    {
        ReasonCode.TakenBack => now with { TakenBackBy = null },
        ReasonCode.OwnerSeen => Quiet(now),
        ReasonCode.MonitorBlind => now with { BlindMonitor = null },
        ReasonCode.MemoryNeeded => now with { OwnerNeedsMemory = false },
        ReasonCode.ConditionFails => now with { FailingCondition = null },
        _ => now with { Pause = default },
    };

    private static Moment Quiet(in Moment now) => now with { QuietFor = TimeSpan.MaxValue, AwayFor = TimeSpan.MaxValue };

    // The obstacles that are left when only time passes.
    private static Moment WithoutWaits(in Moment now) => Quiet(now) with { Pause = default };

    // Memory is scarce, and giving it back costs only a later resume.
    private static bool MayLeaveSoon(in Moment now) => now is { CheckpointsReady: true, MemoryScarce: true };

    private static TimeSpan? PauseLeft(in Moment now, AvailabilityTimes times) => Until(now.Pause.Lasts(times), now.SincePause);

    private static TimeSpan? Until(TimeSpan target, TimeSpan elapsed) => elapsed < target ? target - elapsed : null;
}
