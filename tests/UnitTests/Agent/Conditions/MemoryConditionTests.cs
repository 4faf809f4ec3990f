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

    double? IMemoryReader.AvailableMiB() => available;

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

    [Theory]
    [InlineData("MemTotal:       100 kB\nMemFree:   1 kB\nMemAvailable:    2048 kB\n", 2.0)]
    [InlineData("MemTotal:       100 kB\n", null)]
    [InlineData("MemAvailable:   x kB\n", null)]
    [InlineData("", null)]
    public void The_kernels_figures_are_read(string text, double? mib) => Assert.Equal(mib, ProcMemoryReader.Parse(Encoding.ASCII.GetBytes(text)));
}
