using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class LendingPauseTests
{
    private static readonly AvailabilityTimes Times = new() { ThawAfter = TimeSpan.FromSeconds(20) };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(3, 80)]
    [InlineData(7, 1280)]
    [InlineData(8, 1800)]
    [InlineData(9, 1800)]
    [InlineData(int.MaxValue, 1800)]
    public void It_doubles_up_to_half_an_hour(int inARow, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new LendingPause(inARow).Lasts(Times));

    [Theory]
    [InlineData(1799)]
    [InlineData(1800)]
    [InlineData(1801)]
    public void It_is_never_longer_than_half_an_hour(int thawAfter) =>
        Assert.Equal(
            TimeSpan.FromSeconds(Math.Min(thawAfter, 1800)),
            new LendingPause(1).Lasts(Times with { ThawAfter = TimeSpan.FromSeconds(thawAfter) }));

    [Fact]
    public void It_follows_every_reason_but_a_persons() =>
        Assert.Equal(
            [ReasonCode.MonitorBlind, ReasonCode.ConditionFails, ReasonCode.MemoryNeeded],
            Enum.GetValues<ReasonCode>().Where(code => LendingPause.Follows(new(code, "cpu"))));

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void It_grows_until_the_node_has_lent_for_half_an_hour(int ticks, int inARow) =>
        Assert.Equal(new LendingPause(inARow), new LendingPause(4).Next(LendingPause.Longest + TimeSpan.FromTicks(ticks)));

    [Fact]
    public void None_follows_a_snooze_which_a_person_has_set() =>
        Assert.False(LendingPause.Follows(new(ReasonCode.ConditionFails, Reason.Snooze)));
}
