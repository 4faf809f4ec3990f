using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class EnumNameTests
{
    [Theory]
    [InlineData("Friday", false, DayOfWeek.Friday)]
    [InlineData("fRIDAY", true, DayOfWeek.Friday)]
    [InlineData("friday", false, null)]
    [InlineData("5", true, null)]
    [InlineData("+5", true, null)]
    [InlineData("99", false, null)]
    [InlineData("Monday,Thursday", true, null)]
    [InlineData(" Friday", true, null)]
    [InlineData("", true, null)]
    public void Only_a_name_is_a_value(string text, bool ignoreCase, DayOfWeek? expected)
    {
        Assert.Equal(expected is not null, EnumName.TryParse<DayOfWeek>(text, out var value, ignoreCase));
        Assert.Equal(expected ?? DayOfWeek.Sunday, value);
    }
}
