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
        Assert.Equal(holds, Threshold.AtMost(30, 60).Holds(heldBefore, reading));

    [Theory]
    [InlineData(false, 1024.0, true)]
    [InlineData(false, 1023.9, false)]
    [InlineData(true, 512.0, true)]
    [InlineData(true, 511.9, false)]
    public void Free_memory_may_fall_further_once_it_was_high_enough(bool heldBefore, double reading, bool holds) =>
        Assert.Equal(holds, Threshold.AtLeast(1024, 512).Holds(heldBefore, reading));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_edge_for_both_ways_keeps_its_direction(bool heldBefore)
    {
        Assert.True(Threshold.AtLeast(512, 512).Holds(heldBefore, 513));
        Assert.False(Threshold.AtLeast(512, 512).Holds(heldBefore, 511));
        Assert.True(Threshold.AtMost(50, 50).Holds(heldBefore, 49));
        Assert.False(Threshold.AtMost(50, 50).Holds(heldBefore, 51));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_reading_never_means_that_all_is_well(bool heldBefore)
    {
        Assert.False(Threshold.AtMost(30, 60).Holds(heldBefore, null));
        Assert.False(Threshold.AtMost(30, 60).Holds(heldBefore, double.NaN));
    }

    [Theory]
    [InlineData(false, 1024.0, 512.0, true)]
    [InlineData(false, 1024.0, 512.1, false)]
    [InlineData(false, 1023.9, 100.0, false)]
    [InlineData(true, 4608.0, 4096.0, true)]
    [InlineData(true, 4607.9, 4096.0, false)]
    [InlineData(true, 511.9, 0.0, false)]
    public void Memory_that_guests_are_about_to_take_must_fit_beside_the_lower_edge(
        bool heldBefore, double reading, double upcoming, bool holds) =>
        Assert.Equal(holds, Threshold.AtLeast(1024, 512).Holds(heldBefore, reading, upcoming));

    [Theory]
    [InlineData(false, 30.0, 30.0, true)]
    [InlineData(false, 30.0, 30.1, false)]
    [InlineData(true, 40.0, 20.0, true)]
    [InlineData(true, 40.0, 20.1, false)]
    public void Load_that_guests_are_about_to_add_must_stay_below_the_upper_edge(
        bool heldBefore, double reading, double upcoming, bool holds) =>
        Assert.Equal(holds, Threshold.AtMost(30, 60).Holds(heldBefore, reading, upcoming));
}
