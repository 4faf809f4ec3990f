using Opportunism.Core.Availability;

namespace Opportunism.UnitTests.Core.Availability;

/// <summary>Every combination that the rules can tell apart: each time just below, at and above each of its limits.</summary>
internal static class EveryMoment
{
    public static readonly AvailabilityTimes Times = new()
    {
        IdleFor = TimeSpan.FromSeconds(60),
        ThawAfter = TimeSpan.FromSeconds(20),
        EvictAfter = TimeSpan.FromSeconds(120),
    };

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public static IEnumerable<Moment> All() =>
        from state in Enum.GetValues<NodeState>()
        from quiet in Around(Times.ThawAfter).Concat(Around(Times.IdleFor)).Append(TimeSpan.Zero)
        from away in Around(Times.IdleFor).Append(TimeSpan.Zero)
        from inState in Around(Times.EvictAfter).Append(TimeSpan.Zero)
        from blind in new[] { null, "x11" }
        from failing in new[] { null, "cpu" }
        from taken in new[] { null, "the owner" }
        from memory in new[] { false, true }
        from guests in new[] { 0, 1, 2 }
        from paused in Enumerable.Range(0, guests + 1)
        select new Moment
        {
            State = state,
            QuietFor = quiet,
            AwayFor = away,
            InState = inState,
            LastSeenBy = "input",
            BlindMonitor = blind,
            FailingCondition = failing,
            TakenBackBy = taken,
            OwnerNeedsMemory = memory,
            Guests = guests,
            PausedGuests = paused,
        };

    private static TimeSpan[] Around(TimeSpan limit) => [limit - Tick, limit, limit + Tick];
}
