using Opportunism.Workshop.Try;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Try;

public sealed class TickCounterTests
{
    private readonly TickCounter ticks = new(_ => Task.FromResult(""));

    [Fact]
    public void A_whole_count_has_no_fault()
    {
        ticks.Take("booting\r\ntick 0\r\nti");
        ticks.Take("ck 1\r\n");

        Assert.Equal(1, ticks.Last);
        Assert.Null(ticks.Fault);
    }

    [Fact]
    public void A_lost_tick_is_a_fault()
    {
        ticks.Take("tick 0\ntick 2\n");

        Assert.Equal("tick 2 came after tick 0", ticks.Fault);
    }

    [Fact]
    public void A_repeated_tick_is_a_fault_and_the_first_one_is_kept()
    {
        ticks.Take("tick 0\ntick 0\ntick 5\n");

        Assert.Equal("tick 0 came after tick 0", ticks.Fault);
    }

    [Fact]
    public async Task A_console_that_cannot_be_read_is_a_fault()
    {
        var unread = new TickCounter(_ => throw new IOException("nobody answers"));
        await unread.ReadAsync(CancellationToken.None);

        Assert.Equal("nobody answers", unread.Fault);
    }
}
