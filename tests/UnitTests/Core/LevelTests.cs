using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class LevelTests
{
    [Fact]
    public async Task Whoever_waits_gets_the_newest_value()
    {
        var level = new Level<string>("a");
        var wait = level.NewerThanAsync("a", TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);

        level.Set("b");

        Assert.Equal("b", await wait);
        Assert.Equal("b", level.Current);
    }

    [Fact]
    public async Task What_came_before_the_wait_is_answered_at_once()
    {
        var level = new Level<string>("a");
        level.Set("b");
        level.Set("c");

        Assert.Equal("c", await level.NewerThanAsync("a", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_wait_can_be_given_up()
    {
        var level = new Level<string>("a");
        using var end = new CancellationTokenSource();
        var wait = level.NewerThanAsync("a", end.Token);

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
