using System.Text;
using Opportunism.Controller.Consoles;
using Xunit;

namespace Opportunism.UnitTests.Controller;

public sealed class ConsoleTapeTests
{
    private readonly ConsoleTape tape = new();

    [Fact]
    public void A_guest_that_comes_back_to_the_same_node_loses_no_line_of_its_new_boot()
    {
        Assert.Equal(14, tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8));

        Assert.Equal(7, tape.Write("desk-1/disk-that-came-back", 0, "tick 0\n"u8));
        Assert.Equal("tick 0\ntick 1\ntick 0\n", Encoding.ASCII.GetString(tape.Read(0, 100).Bytes));
    }

    [Fact]
    public void What_a_node_sends_twice_stands_there_once()
    {
        tape.Write("desk-1/", 0, "tick 0\n"u8);

        Assert.Equal(14, tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8));
        Assert.Equal("tick 0\ntick 1\n", Encoding.ASCII.GetString(tape.Read(0, 100).Bytes));
    }
}
