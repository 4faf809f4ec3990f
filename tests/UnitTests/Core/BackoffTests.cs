using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class BackoffTests
{
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 16)]
    [InlineData(6, 30)]
    [InlineData(7, 30)]
    [InlineData(int.MaxValue, 30)]
    public void It_doubles_up_to_the_longest(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Retries.After(failures));

    [Fact]
    public void The_longest_holds_for_the_first_too() =>
        Assert.Equal(TimeSpan.FromSeconds(2), new Backoff(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2)).After(1));

    [Fact]
    public void The_longest_times_do_not_overflow() =>
        Assert.Equal(TimeSpan.MaxValue.TotalDays, new Backoff(TimeSpan.MaxValue, TimeSpan.MaxValue).After(1000).TotalDays, 1);

    [Fact]
    public void No_time_at_all_stays_none() => Assert.Equal(TimeSpan.Zero, new Backoff(TimeSpan.Zero, TimeSpan.FromDays(1)).After(50));
}
