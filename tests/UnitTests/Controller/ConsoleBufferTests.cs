using System.Text;
using Opportunism.Controller.Tenants;
using Xunit;

namespace Opportunism.UnitTests.Controller;

public sealed class ConsoleBufferTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("console-tape-").FullName;
    private ConsoleBuffer tape;

    public ConsoleBufferTests() => tape = new ConsoleBuffer(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_guest_that_comes_back_to_the_same_node_loses_no_line_of_its_new_boot()
    {
        Assert.Equal(14, tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8));

        Assert.Equal(0, tape.Write("desk-1/disk-that-came-back", 0, []));
        Assert.Equal(7, tape.Write("desk-1/disk-that-came-back", 0, "tick 0\n"u8));
        Assert.Equal("tick 0\ntick 1\ntick 0\n", Everything());
    }

    [Fact]
    public void What_a_node_sends_twice_stands_there_once()
    {
        tape.Write("desk-1/", 0, "tick 0\n"u8);

        Assert.Equal(14, tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8));
        Assert.Equal("tick 0\ntick 1\n", Everything());
    }

    [Fact]
    public void A_restart_between_two_boots_changes_no_offset()
    {
        tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8);
        tape = new ConsoleBuffer(folder);
        Assert.Equal(21, tape.Write("desk-1/", 14, "tick 2\n"u8));

        tape = new ConsoleBuffer(folder);
        Assert.Equal(7, tape.Write("desk-1/disk-that-came-back", 0, "tick 0\n"u8));
        Assert.Equal((21L, "tick 0\n"), (tape.Read(21, 100).Offset, Encoding.ASCII.GetString(tape.Read(21, 100).Bytes)));
    }

    [Fact]
    public void What_a_node_has_dropped_is_a_gap_and_its_count_goes_on()
    {
        tape.Write("desk-1/", 0, "tick 0\n"u8);

        Assert.Equal(7, tape.Write("desk-1/", 1000, "tick 9\n"u8));
        Assert.Equal(1007, tape.Write("desk-1/", 1000, "tick 9\n"u8));
        Assert.Equal(1014, tape.Write("desk-1/", 1007, "tick 10"u8));
        Assert.Equal("tick 0\ntick 9\ntick 10", Everything());
    }

    [Fact]
    public void The_newest_quarter_of_a_mebibyte_is_kept_and_little_more()
    {
        var line = new byte[1000];
        for (var i = 0; i < 1000; i++)
        {
            Array.Fill(line, (byte)('a' + (i % 26)));
            Assert.Equal((i + 1) * 1000, tape.Write("desk-1/", i * 1000, line));
        }

        Assert.InRange(tape.End - tape.Start, ConsoleBuffer.Kept, ConsoleBuffer.Kept + (64 * 1024) - 1);
        Assert.Equal(tape.End - tape.Start, new DirectoryInfo(folder).EnumerateFiles("*.log").Sum(file => file.Length));
        var (from, bytes) = tape.Read(0, 1 << 20);
        Assert.Equal((tape.Start, tape.End), (from, from + bytes.Length));
        Assert.All(Enumerable.Range(0, bytes.Length), i => Assert.Equal((byte)('a' + ((from + i) / 1000 % 26)), bytes[i]));

        var again = new ConsoleBuffer(folder);
        Assert.Equal((tape.Start, tape.End), (again.Start, again.End));
        Assert.Equal(bytes, again.Read(0, 1 << 20).Bytes);
        Assert.Equal((tape.End - 10, 10), (again.Read(-1, 10).Offset, again.Read(-1, 10).Bytes.Length));
    }

    [Fact]
    public void A_tape_that_lost_its_end_in_a_crash_is_mended_by_what_the_node_sends_next()
    {
        tape.Write("desk-1/", 0, "tick 0\ntick 1\n"u8);
        using (var file = new FileStream(Assert.Single(Directory.GetFiles(folder, "*.log")), FileMode.Open)) file.SetLength(9);

        tape = new ConsoleBuffer(folder);
        Assert.Equal(9, tape.Write("desk-1/", 14, "tick 2\n"u8));
        Assert.Equal(21, tape.Write("desk-1/", 9, "ck 1\ntick 2\n"u8));
        Assert.Equal("tick 0\ntick 1\ntick 2\n", Everything());
    }

    private string Everything() => Encoding.ASCII.GetString(tape.Read(0, 1 << 20).Bytes);
}
