using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Lab;

public sealed class LabShapeTests
{
    [Theory]
    [InlineData(new int[0], 27000)]
    [InlineData(new[] { 26999, 27008 }, 27000)]
    [InlineData(new[] { 27007 }, 27008)]
    [InlineData(new[] { 27000, 27008 }, 27016)]
    public void A_lab_takes_ports_side_by_side_that_nobody_listens_on(int[] taken, int expected) =>
        Assert.Equal(expected, LabShape.FreeFrom(27000, 27024, taken.ToHashSet()));

    [Fact]
    public void Where_there_are_none_it_says_so() => Assert.Null(LabShape.FreeFrom(27000, 27016, new HashSet<int> { 27001, 27009 }));
}
