using Opportunism.Core.Activity;
using Xunit;

namespace Opportunism.UnitTests.Core.Activity;

/// <summary>Beginnings of bursts, in seconds before now, against the table in <see cref="OwnerPresence"/>.</summary>
public sealed class OwnerPresenceTests
{
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Certain = TimeSpan.FromHours(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public void Without_activity_the_owner_is_away_since_what_is_certain() => Assert.Equal(Certain, AwayFor(quiet: Certain));

    [Fact]
    public void A_single_burst_counts_for_nothing() => Assert.Equal(Certain, AwayFor(quiet: TimeSpan.Zero, Seconds(2)));

    [Fact]
    public void Two_bursts_confirm_each_other_within_ten_seconds_and_not_later()
    {
        Assert.Equal(Seconds(1), AwayFor(quiet: Seconds(1), Seconds(2), Seconds(12)));
        Assert.Equal(Certain, AwayFor(quiet: Seconds(1), Seconds(2), Seconds(12) + Tick));
    }

    [Fact]
    public void A_third_burst_confirms_within_IdleFor_and_the_length_of_the_two_before()
    {
        Assert.Equal(Seconds(1), AwayFor(quiet: Seconds(1), Seconds(2), Seconds(40), Seconds(68)));
        Assert.Equal(Certain, AwayFor(quiet: Seconds(1), Seconds(2), Seconds(40), Seconds(68) + Tick));
    }

    [Fact]
    public void A_burst_that_was_confirmed_stays_so_after_a_twitch() =>
        Assert.Equal(Seconds(67), AwayFor(quiet: Seconds(1), Seconds(2), Seconds(70), Seconds(75)));

    [Fact]
    public void A_burst_confirmed_by_the_third_stays_so_after_a_twitch() =>
        Assert.Equal(Seconds(10), AwayFor(quiet: Seconds(1), Seconds(2), Seconds(13), Seconds(69), Seconds(79)));

    [Fact]
    public void What_is_certain_and_newer_counts_instead()
    {
        Assert.Equal(Seconds(5), OwnerPresence.AwayFor(Bursts(Seconds(2)), Seconds(1), Seconds(5), IdleFor));
        Assert.Equal(Seconds(1), OwnerPresence.AwayFor(Bursts(Seconds(2), Seconds(3)), Seconds(1), Seconds(5), IdleFor));
        Assert.Equal(Seconds(30), OwnerPresence.AwayFor(Bursts(Seconds(2), Seconds(70), Seconds(75)), Seconds(1), Seconds(30), IdleFor));
    }

    private static TimeSpan AwayFor(TimeSpan quiet, params TimeSpan[] bursts) =>
        OwnerPresence.AwayFor(Bursts(bursts), quiet, Certain, IdleFor);

    private static TimeSpan[] Bursts(params TimeSpan[] known) =>
        [.. known, .. Enumerable.Repeat(TimeSpan.MaxValue, OwnerPresence.Remembered - known.Length)];

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
