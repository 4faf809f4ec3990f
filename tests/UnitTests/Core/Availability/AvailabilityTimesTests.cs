using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class AvailabilityTimesTests
{
    [Fact]
    public void The_defaults_are_allowed() => Assert.Empty(new AvailabilityTimes().Problems());

    [Fact]
    public void Times_may_meet_and_lie_on_the_edge()
    {
        var shortest = AvailabilityTimes.ShortestThawAfter;

        Assert.Empty(
            new AvailabilityTimes
            {
                IdleFor = shortest,
                ThawAfter = shortest,
                HoldAfter = AvailabilityTimes.Longest,
                PresaveAfter = AvailabilityTimes.Longest,
                EvictAfter = AvailabilityTimes.Longest,
            }.Problems());
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var times = new AvailabilityTimes
        {
            IdleFor = TimeSpan.FromSeconds(1),
            ThawAfter = TimeSpan.FromSeconds(2),
            HoldAfter = TimeSpan.FromSeconds(40),
            PresaveAfter = TimeSpan.FromSeconds(30),
            EvictAfter = TimeSpan.FromSeconds(20),
        };

        Assert.Equal(
            [
                "ThawAfter is 2s; allowed is at least 5s, since monitors look away for up to 2.5 s after an event.",
                "IdleFor is 1s and ThawAfter is 2s; allowed is ThawAfter at most IdleFor, or a node would freeze again as it thaws.",
                "HoldAfter is 40s; allowed is at most PresaveAfter (30s): memory can be copied only while a guest is held.",
                "PresaveAfter is 30s; allowed is at most EvictAfter (20s).",
            ],
            times.Problems());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(86401)]
    public void A_time_out_of_range_is_refused(int seconds)
    {
        var problem = Assert.Single(
            new AvailabilityTimes { IdleFor = TimeSpan.FromSeconds(seconds) }.Problems(),
            p => p.StartsWith("IdleFor", StringComparison.Ordinal));

        Assert.Contains("allowed is more than 0 and at most 1d", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(86401)]
    public void So_is_the_time_after_which_guests_leave_soon(int seconds) =>
        Assert.Equal(
            "EvictSoonAfter",
            Assert.Single(new AvailabilityTimes { EvictSoonAfter = TimeSpan.FromSeconds(seconds) }.Problems()).Split(' ')[0]);
}
