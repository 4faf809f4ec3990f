using Opportunism.Core.Availability;
using Xunit;
using static Opportunism.UnitTests.Core.Availability.EveryMoment;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class AvailabilityRulesTests
{
    /// <summary>The table of states in docs/vocabulary.md, written a second time
    /// and independently: as conditions, not as a way of deciding.</summary>
    [Fact]
    public void Every_moment_leads_where_the_table_says()
    {
        foreach (var now in All())
        {
            var free = now is { BlindMonitor: null, FailingCondition: null, TakenBackBy: null, OwnerNeedsMemory: false };
            var mayGoOn = free && now.QuietFor >= Times.ThawAfter;
            var paused = now.Pause != default && now.SincePause < TimeSpan.FromSeconds(80);
            var mayLeave = now is { CheckpointsReady: true, MemoryScarce: true } && now.InState >= Times.EvictSoonAfter;
            var mayThaw = mayGoOn && !paused;
            var mustLeave = now.TakenBackBy is not null || now.OwnerNeedsMemory
                || (!mayThaw && (mayLeave || now.InState >= Times.EvictAfter));
            var allPaused = now.Guests == now.PausedGuests;
            NodeState expected = (now.State, now.Guests > 0) switch
            {
                (NodeState.InUse, true) when !allPaused => NodeState.Frozen,
                (NodeState.InUse, _) => mayThaw && now.AwayFor >= Times.IdleFor ? NodeState.Available : NodeState.InUse,
                (NodeState.Available, true) => mayGoOn ? NodeState.Available : NodeState.Frozen,
                (NodeState.Available, false) => mayGoOn ? NodeState.Available : NodeState.InUse,
                (NodeState.Frozen, false) => NodeState.InUse,
                (NodeState.Frozen, true) => mustLeave ? NodeState.Evicting : mayThaw ? NodeState.Available : NodeState.Frozen,
                (NodeState.Evicting, _) => allPaused ? NodeState.InUse : NodeState.Evicting,
                _ => throw new InvalidOperationException($"No row for {now}."),
            };

            var verdict = AvailabilityRules.Next(now, Times);

            Assert.True(
                (verdict?.State ?? now.State) == expected, $"{now}: expected {expected}, got {verdict?.State.ToString() ?? "no change"}.");
            Assert.True(verdict is null || verdict.Value.State != now.State, $"{now}: a verdict must change the state.");
        }
    }

    [Fact]
    public void No_state_bounces()
    {
        foreach (var start in All())
        {
            var visited = new List<NodeState> { start.State };
            var now = start;
            while (AvailabilityRules.Next(now, Times) is { } verdict)
            {
                Assert.False(
                    visited.Contains(verdict.State),
                    $"{start}: went {string.Join(" -> ", visited)} -> {verdict.State} at one point in time.");
                visited.Add(verdict.State);
                now = now with { State = verdict.State, InState = TimeSpan.Zero };
            }
        }
    }

    [Fact]
    public void Guests_run_only_while_nothing_stands_in_the_way()
    {
        foreach (var now in All())
        {
            if ((AvailabilityRules.Next(now, Times)?.State ?? now.State) != NodeState.Available) continue;
            Assert.Null(now.BlindMonitor);
            Assert.Null(now.FailingCondition);
            Assert.Null(now.TakenBackBy);
            Assert.False(now.OwnerNeedsMemory);
            Assert.True(now.QuietFor >= Times.ThawAfter, $"{now}: guests run though the owner was seen.");
        }
    }

    [Fact]
    public void Time_alone_changes_nothing_before_the_time_it_names()
    {
        foreach (var now in All())
        {
            if (AvailabilityRules.Next(now, Times) is not null) continue;
            var wait = AvailabilityRules.ChangesIn(now, Times);
            var almost = (wait ?? TimeSpan.FromHours(10)) - TimeSpan.FromTicks(1);
            Assert.True(wait is null || wait > TimeSpan.Zero, $"{now}: would decide again at once, for ever.");
            Assert.Null(AvailabilityRules.Next(Later(now, almost), Times));
        }
    }

    /// <summary>Where only time stands in the way, the times that it names lead
    /// to a change: one each for the owner, the pause and the visit.</summary>
    [Fact]
    public void The_times_it_names_lead_to_a_change()
    {
        foreach (var now in All()
            .Where(
                now => now is { BlindMonitor: null, FailingCondition: null, TakenBackBy: null, OwnerNeedsMemory: false, PausedGuests: 0 }))
        {
            if (now.State == NodeState.Available || (now.State == NodeState.Evicting && now.Guests > 0)) continue;
            var later = now;
            for (var i = 0; i < 3 && AvailabilityRules.Next(later, Times) is null; i++)
            {
                var wait = AvailabilityRules.ChangesIn(later, Times);
                Assert.True(wait is not null, $"{now}: waits for ever.");
                later = Later(later, wait.Value);
            }

            Assert.True(AvailabilityRules.Next(later, Times) is not null, $"{now}: nothing has changed after three waits.");
        }
    }

    [Fact]
    public void Obstacles_are_none_exactly_when_guests_may_run_and_the_first_is_what_it_goes_by()
    {
        foreach (var now in All().Where(now => now.Guests == now.PausedGuests || now.State != NodeState.InUse))
        {
            var obstacles = AvailabilityRules.Obstacles(now, Times);
            Assert.Equal(obstacles.Distinct(), obstacles);
            if (now.State is NodeState.InUse or NodeState.Available)
                Assert.Equal(obstacles.Count == 0, (AvailabilityRules.Next(now, Times)?.State ?? now.State) == NodeState.Available);
            if (now.State == NodeState.Available && obstacles.Count > 0)
                Assert.Equal(obstacles[0], AvailabilityRules.Next(now, Times)!.Value.Reason);
            Assert.Equal(now.TakenBackBy is not null, obstacles.Any(reason => reason.Code == ReasonCode.TakenBack));
            Assert.Equal(now.BlindMonitor is not null, obstacles.Any(reason => reason.Code == ReasonCode.MonitorBlind));
            Assert.Equal(now.OwnerNeedsMemory, obstacles.Any(reason => reason.Code == ReasonCode.MemoryNeeded));
            Assert.Equal(now.FailingCondition is not null, obstacles.Any(reason => reason.Code == ReasonCode.ConditionFails));
            Assert.Equal(
                now.QuietFor < Times.ThawAfter || (now.State == NodeState.InUse && now.AwayFor < Times.IdleFor),
                obstacles.Any(reason => reason.Code == ReasonCode.OwnerSeen));
            Assert.Equal(
                now.State != NodeState.Available && now.Pause != default && now.SincePause < TimeSpan.FromSeconds(80),
                obstacles.Any(reason => reason.Code == ReasonCode.LendingPaused));
        }
    }

    [Theory]
    [InlineData(NodeState.Available, 0, ReasonCode.OwnerSeen, "input")]
    [InlineData(NodeState.Frozen, 0, ReasonCode.OwnerStayed, "")]
    public void A_verdict_says_why(NodeState state, int quietSeconds, ReasonCode code, string source)
    {
        var now = new Moment
        {
            State = state,
            QuietFor = TimeSpan.FromSeconds(quietSeconds),
            InState = Times.EvictAfter,
            LastSeenBy = "input",
            Guests = 1,
        };

        Assert.Equal(new Reason(code, source), AvailabilityRules.Next(now, Times)!.Value.Reason);
    }

    [Fact]
    public void An_owner_is_away_at_most_since_the_last_activity()
    {
        var now = new Moment
        {
            State = NodeState.InUse,
            QuietFor = TimeSpan.FromSeconds(7),
            InState = TimeSpan.Zero,
            LastSeenBy = "input",
            Guests = 0,
        };

        Assert.Equal(TimeSpan.FromSeconds(7), now.AwayFor);
        Assert.Equal(TimeSpan.FromSeconds(7), (now with { AwayFor = TimeSpan.FromSeconds(6) }).AwayFor);
        Assert.Equal(TimeSpan.FromSeconds(8), (now with { AwayFor = TimeSpan.FromSeconds(8) }).AwayFor);
    }

    [Fact]
    public void Every_obstacle_is_named()
    {
        var quiet = new Moment
        {
            State = NodeState.Available,
            QuietFor = Times.IdleFor,
            InState = TimeSpan.Zero,
            LastSeenBy = "input",
            Guests = 1,
        };

        Assert.Equal(new Reason(ReasonCode.MonitorBlind, "x11"), ReasonFor(quiet with { BlindMonitor = "x11" }));
        Assert.Equal(new Reason(ReasonCode.ConditionFails, "cpu"), ReasonFor(quiet with { FailingCondition = "cpu" }));
        Assert.Equal(new Reason(ReasonCode.TakenBack, "the owner"), ReasonFor(quiet with { TakenBackBy = "the owner" }));
        Assert.Equal(new Reason(ReasonCode.MemoryNeeded), ReasonFor(quiet with { OwnerNeedsMemory = true }));
        Assert.Equal(new Reason(ReasonCode.GuestsFound), ReasonFor(quiet with { State = NodeState.InUse }));
        Assert.Equal(new Reason(ReasonCode.NoGuestLeft), ReasonFor(quiet with { State = NodeState.Frozen, Guests = 0 }));
        Assert.Equal(new Reason(ReasonCode.NoGuestLeft), ReasonFor(quiet with { State = NodeState.Evicting, Guests = 0 }));
        Assert.Equal(new Reason(ReasonCode.OwnerQuiet), ReasonFor(quiet with { State = NodeState.Frozen }));
        Assert.Equal(new Reason(ReasonCode.OwnerQuiet), ReasonFor(quiet with { State = NodeState.InUse, Guests = 0 }));
        Assert.Equal(
            new Reason(ReasonCode.TakenBack, "the owner"), ReasonFor(quiet with { State = NodeState.Frozen, TakenBackBy = "the owner" }));
        Assert.Equal(new Reason(ReasonCode.MemoryNeeded), ReasonFor(quiet with { State = NodeState.Frozen, OwnerNeedsMemory = true }));
        var late = quiet with { State = NodeState.Frozen, InState = Times.EvictAfter };
        Assert.Equal(new Reason(ReasonCode.ConditionFails, "cpu"), ReasonFor(late with { FailingCondition = "cpu" }));
        Assert.Equal(new Reason(ReasonCode.LendingPaused), ReasonFor(late with { Pause = Pause, SincePause = TimeSpan.Zero }));
        Assert.Equal(
            new Reason(ReasonCode.OwnerStayed),
            ReasonFor(late with { QuietFor = TimeSpan.Zero, CheckpointsReady = true, MemoryScarce = true }));
        Assert.Equal(
            new Reason(ReasonCode.MemoryScarce),
            ReasonFor(
                late with { QuietFor = TimeSpan.Zero, InState = Times.EvictSoonAfter, CheckpointsReady = true, MemoryScarce = true }));
    }

    [Fact]
    public void Deciding_allocates_nothing()
    {
        var now = All().First() with { State = NodeState.Available, Guests = 1, QuietFor = TimeSpan.Zero };
        AvailabilityRules.Next(now, Times);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) AvailabilityRules.Next(now, Times);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_state_that_does_not_exist_is_a_bug()
    {
        var now = All().First() with { State = (NodeState)99 };

        Assert.StartsWith(
            "Unknown node state.", Assert.Throws<ArgumentOutOfRangeException>(() => AvailabilityRules.Next(now, Times)).Message,
            StringComparison.Ordinal);
    }

    private static Moment Later(Moment now, TimeSpan passed) => now with
    {
        QuietFor = now.QuietFor + passed,
        AwayFor = now.AwayFor + passed,
        InState = now.InState + passed,
        SincePause = now.SincePause + passed,
    };

    private static Reason ReasonFor(Moment now) => AvailabilityRules.Next(now, Times)!.Value.Reason;
}
