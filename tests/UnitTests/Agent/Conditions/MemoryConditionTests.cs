using System.Runtime.Versioning;
using System.Text;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Conditions.Linux;
using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

[SupportedOSPlatform("linux")]
public sealed class MemoryConditionTests : IMemoryReader
{
    private double? available;

    MemoryReading? IMemoryReader.Read() => available is { } mib ? new(mib, 8192) : null;

    [Theory]
    [InlineData(false, 1023, false, false)]
    [InlineData(false, 1024, true, false)]
    [InlineData(true, 1023, true, false)]
    [InlineData(true, 512, true, false)]
    [InlineData(true, 511, false, false)]
    [InlineData(true, 256, false, false)]
    [InlineData(true, 255, false, true)]
    [InlineData(true, null, false, false)]
    public void It_holds_between_its_edges(bool heldBefore, int? mib, bool holds, bool critical)
    {
        var condition = new MemoryCondition(this, Threshold.AtLeast(1024, 512), 256);
        available = heldBefore ? 2000 : null;
        condition.Sample(0);
        Assert.Equal(heldBefore, condition.Holds);
        available = mib;
        condition.Sample(0);
        Assert.Equal((holds, critical), (condition.Holds, condition.Critical));
    }

    /// <summary>As seen: 8 GiB desktop, a guest of 4 GiB that is suspended, resumed, suspended, for ever.</summary>
    [Theory]
    [InlineData(false, 4096, 4607, false)]
    [InlineData(false, 4096, 4608, true)]
    [InlineData(true, 4096, 4607, false)]
    [InlineData(true, 0, 512, true)]
    public void What_is_about_to_be_resumed_fits_beside_the_lower_edge(bool heldBefore, double upcoming, double mib, bool holds)
    {
        var about = 0.0;
        var condition = new MemoryCondition(this, Threshold.AtLeast(1024, 512), 256, upcomingMiB: () => about);
        available = heldBefore ? 8000 : null;
        condition.Sample(0);
        (available, about) = (mib, upcoming);
        condition.Sample(0);
        Assert.Equal(holds, condition.Holds);
        Assert.Equal(upcoming > 0, condition.Sentence.Contains("would be resumed take 4096 MiB", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2047, true)]
    [InlineData(2048, false)]
    [InlineData(null, false)]
    public void It_is_scarce_below_a_share_of_all(int? mib, bool scarce)
    {
        var condition = new MemoryCondition(this, Threshold.AtLeast(1024, 512), 256, scarcePercent: 25);
        available = mib;
        condition.Sample(0);
        Assert.Equal(scarce, condition.Scarce);
    }

    [Fact]
    public void Programs_that_wait_for_memory_are_seen_once()
    {
        var pressure = new MemoryPressure();
        var condition = new MemoryCondition(this, Threshold.AtLeast(1024, 512), 256, pressure: pressure);
        available = 3000;
        condition.Sample(0);
        Assert.Equal((false, false), (condition.IsDue, condition.Pressed));
        pressure.Report();
        Assert.True(condition.IsDue);
        condition.Sample(0);
        Assert.Equal((false, true), (condition.IsDue, condition.Pressed));
        condition.Sample(0);
        Assert.False(condition.Pressed);
    }

    [Theory]
    [InlineData("MemTotal:       4096 kB\nMemFree:   1 kB\nMemAvailable:    2048 kB\n", 2.0)]
    [InlineData("MemTotal:       100 kB\n", null)]
    [InlineData("MemTotal:       100 kB\nMemAvailable:   x kB\n", null)]
    [InlineData("MemAvailable:   2048 kB\n", null)]
    [InlineData("", null)]
    public void The_kernels_figures_are_read(string text, double? mib) =>
        Assert.Equal(mib is { } read ? new MemoryReading(read, 4) : null, ProcMemoryReader.Parse(Encoding.ASCII.GetBytes(text)));
}
