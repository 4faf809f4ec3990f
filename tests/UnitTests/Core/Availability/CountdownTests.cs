using Opportunism.Core.Availability;
using Xunit;
using static Opportunism.UnitTests.Core.Availability.EveryMoment;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class CountdownTests
{
    private static readonly Moment Quiet = new()
    {
        State = NodeState.InUse,
        QuietFor = TimeSpan.FromSeconds(50),
        InState = TimeSpan.Zero,
        LastSeenBy = "input",
        Guests = 0,
    };

    /// <summary>Found a second time by letting time pass from one change to the next.</summary>
    [Fact]
    public void A_node_lends_when_the_passing_of_time_has_led_there_and_nowhere_else()
    {
        foreach (var now in All().Where(now => now.State is NodeState.InUse or NodeState.Frozen))
        {
            var (later, waited) = (now, TimeSpan.Zero);
            while (AvailabilityRules.Next(later, Times) is null && AvailabilityRules.ChangesIn(later, Times) is { } wait)
            {
                later = Later(later, wait);
                waited += wait;
            }

            TimeSpan? expected = AvailabilityRules.Next(later, Times)?.State == NodeState.Available ? waited : null;

            var lends = AvailabilityRules.LendsIn(now, Times);
            Assert.True(lends == expected, $"{now}: expected {expected}, got {lends}.");
        }
    }

    [Fact]
    public void It_lasts_for_the_last_seconds_before_the_node_lends_and_begins_when_it_said()
    {
        foreach (var now in All())
        {
            var (lends, begins) = (AvailabilityRules.LendsIn(now, Times), Countdown.BeginsIn(now, Times));
            Assert.Equal(lends is null || lends == TimeSpan.Zero, begins is null);
            if (begins is not { } wait) continue;
            Assert.Equal(lends <= TimeSpan.FromSeconds(10) && now.QuietFor >= Times.ThawAfter / 2, wait == TimeSpan.Zero);
            var start = Later(now, wait);
            if (AvailabilityRules.LendsIn(start, Times) == TimeSpan.Zero) continue; // the node lends before
            Assert.Equal(TimeSpan.Zero, Countdown.BeginsIn(start, Times));
            if (wait == TimeSpan.Zero) continue;
            Assert.Equal(TimeSpan.FromTicks(1), Countdown.BeginsIn(Later(now, wait - TimeSpan.FromTicks(1)), Times));
        }
    }

    [Fact]
    public void It_begins_only_where_nothing_but_time_stands_in_the_way()
    {
        foreach (var now in All().Where(now => Countdown.BeginsIn(now, Times) == TimeSpan.Zero))
        {
            Assert.True(now.State is NodeState.InUse or NodeState.Frozen, $"{now}");
            Assert.True(now is { BlindMonitor: null, FailingCondition: null, TakenBackBy: null, OwnerNeedsMemory: false }, $"{now}");
        }
    }

    [Theory]
    [InlineData(60, 10)]
    [InlineData(20, 10)]
    [InlineData(19, 9.5)]
    [InlineData(5, 2.5)]
    public void It_lasts_ten_seconds_and_at_most_half_of_IdleFor(double idleFor, double expected)
    {
        var times = new AvailabilityTimes { IdleFor = TimeSpan.FromSeconds(idleFor), ThawAfter = TimeSpan.FromSeconds(5) };
        Assert.Equal(TimeSpan.FromSeconds(expected), Countdown.Lasts(times));
    }

    [Fact]
    public void An_owner_who_was_only_nudged_at_is_waited_for_until_the_monitors_watch_again()
    {
        // Not confirmed, so only ThawAfter is left; and a monitor looks away for 2.5 s after it.
        var times = new AvailabilityTimes { ThawAfter = TimeSpan.FromSeconds(5) };
        var now = Quiet with { QuietFor = TimeSpan.Zero, AwayFor = TimeSpan.FromHours(1) };
        Assert.Equal(TimeSpan.FromSeconds(2.5), Countdown.BeginsIn(now, times));
        Assert.Equal(TimeSpan.Zero, Countdown.BeginsIn(now with { QuietFor = TimeSpan.FromSeconds(2.5) }, times));
    }

    [Fact]
    public void Deciding_it_allocates_nothing()
    {
        Countdown.BeginsIn(Quiet, Times);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Countdown.BeginsIn(Quiet, Times);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Moment Later(Moment now, TimeSpan passed) => now with
    {
        QuietFor = now.QuietFor + passed,
        AwayFor = now.AwayFor + passed,
        InState = now.InState + passed,
        SincePause = now.SincePause + passed,
    };
}
