using Opportunism.Workshop.Try;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Try;

public sealed class WholeConsoleTests
{
    private readonly WholeConsole console = new();

    [Fact]
    public void Only_what_was_printed_since_is_new()
    {
        Assert.Equal("booting\nti", console.Take("booting\nti"));
        Assert.Equal("", console.Take("booting\nti"));
        Assert.Equal("ck 0\n", console.Take("booting\ntick 0\n"));
    }

    [Fact]
    public void A_console_that_was_begun_anew_is_new_as_a_whole_also_where_it_was_empty_in_between()
    {
        console.Take("tick 0\ntick 1\n");
        Assert.Equal("tick 2\n", console.Take("tick 2\n"));

        Assert.Equal("", console.Take(""));
        Assert.Equal("tick 3\n", console.Take("tick 3\n"));
    }

    [Fact]
    public void A_count_goes_on_across_a_console_that_was_begun_anew_in_the_middle_of_a_line()
    {
        var ticks = new TickCounter(_ => Task.FromResult(""));
        foreach (var whole in new[] { "tick 0\nti", "", "ck 1\n", "ck 1\ntick 2\n" }) ticks.Take(console.Take(whole));

        Assert.Equal((2, null), (ticks.Last, ticks.Fault));
    }
}
