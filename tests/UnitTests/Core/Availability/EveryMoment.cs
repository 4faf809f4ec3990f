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
        EvictSoonAfter = TimeSpan.FromSeconds(15),
    };

    /// <summary>A pause of 80 s: longer than the time until a node is lent, shorter than the one until its guests leave.</summary>
    public static readonly LendingPause Pause = new(3);

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public static IEnumerable<Moment> All() =>
        from state in Enum.GetValues<NodeState>()
        from quiet in Around(Times.ThawAfter).Append(TimeSpan.Zero)
        from away in Around(Times.IdleFor).Append(TimeSpan.Zero)
        from inState in Around(Times.EvictAfter).Concat(Around(Times.EvictSoonAfter)).Append(TimeSpan.Zero)
        from blind in new[] { null, "x11" }
        from failing in new[] { null, "cpu" }
        from taken in new[] { null, "the owner" }
        from memory in new[] { false, true }
        from pause in Around(Pause.Lasts(Times)).Select(since => (Pause, since)).Append((default, TimeSpan.Zero))
        from soon in new[] { (false, true), (true, false), (true, true) }
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
            Pause = pause.Item1,
            SincePause = pause.Item2,
            CheckpointsReady = soon.Item1,
            MemoryScarce = soon.Item2,
        };

    private static TimeSpan[] Around(TimeSpan limit) => [limit - Tick, limit, limit + Tick];
}
