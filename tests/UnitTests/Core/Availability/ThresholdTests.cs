using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class ThresholdTests
{
    [Theory]
    [InlineData(false, 30.0, true)]
    [InlineData(false, 30.1, false)]
    [InlineData(true, 60.0, true)]
    [InlineData(true, 60.1, false)]
    public void A_load_may_rise_further_once_it_was_low_enough(bool heldBefore, double reading, bool holds) =>
        Assert.Equal(holds, new Threshold(Enter: 30, Leave: 60).Holds(heldBefore, reading));

    [Theory]
    [InlineData(false, 1024.0, true)]
    [InlineData(false, 1023.9, false)]
    [InlineData(true, 512.0, true)]
    [InlineData(true, 511.9, false)]
    public void Free_memory_may_fall_further_once_it_was_high_enough(bool heldBefore, double reading, bool holds) =>
        Assert.Equal(holds, new Threshold(Enter: 1024, Leave: 512).Holds(heldBefore, reading));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_reading_never_means_that_all_is_well(bool heldBefore)
    {
        Assert.False(new Threshold(30, 60).Holds(heldBefore, null));
        Assert.False(new Threshold(30, 60).Holds(heldBefore, double.NaN));
    }
}
