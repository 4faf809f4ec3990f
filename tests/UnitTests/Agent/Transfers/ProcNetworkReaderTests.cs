using System.Runtime.Versioning;
using Opportunism.Agent.Transfers.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Transfers;

[SupportedOSPlatform("linux")]
public sealed class ProcNetworkReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-net-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Only_cards_count_where_there_are_any()
    {
        Directory.CreateDirectory(Path.Combine(folder, "eth0", "device"));
        Directory.CreateDirectory(Path.Combine(folder, "br0"));
        Assert.Equal(
            1007,
            Read(
                "    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0", "  eth0: 1000 9 0 0 0 0 0 0 7 1 0 0 0 0 0 0",
                "br0:1000 9 0 0 0 0 0 0 7 1 0 0 0 0 0 0"));
    }

    [Fact]
    public void A_machine_without_a_card_counts_all_but_loopback() =>
        Assert.Equal(3, Read("lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0", "eth0@if2: 1 9 0 0 0 0 0 0 2 1 0 0 0 0 0 0"));

    [Theory]
    [InlineData("eth0: 18446744073709551615 0 0 0 0 0 0 0 18446744073709551615 0 0 0 0 0 0 0")]
    [InlineData("eth0: 1 2")]
    [InlineData("eth0: a b c d e f g h i j")]
    [InlineData("::::")]
    public void Whatever_the_table_says_is_a_number(string line) => Assert.True(Read(line) >= 0);

    [Fact]
    public void No_table_is_no_number() => Assert.Null(new ProcNetworkReader(Path.Combine(folder, "none"), folder).TotalBytes());

    [Fact]
    public void The_table_of_this_machine_can_be_read() => Assert.True(new ProcNetworkReader().TotalBytes() >= 0);

    private long? Read(params string[] lines)
    {
        var file = Path.Combine(folder, "dev");
        File.WriteAllLines(
            file,
            [
                "Inter-|   Receive                                                |  Transmit",
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes", .. lines]);
        return new ProcNetworkReader(file, folder).TotalBytes();
    }
}
