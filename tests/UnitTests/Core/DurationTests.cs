using CsCheck;
using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("1h30m", 5400)]
    [InlineData("1d2h3m4s5ms", 93784.005)]
    [InlineData("300ms", 0.3)]
    [InlineData("1.5s", 1.5)]
    [InlineData("0s", 0)]
    [InlineData("00:01:30", 90)]
    [InlineData("1.00:00:00", 86400)]
    public void It_is_written_as_people_write_it(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("-00:01:00")]
    [InlineData("soon")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1..5s")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("1h30")]
    [InlineData("1e9s")]
    [InlineData("25:61:00")]
    [InlineData("99999999999999999d")]
    public void Anything_else_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.3, "300ms")]
    [InlineData(60, "1m")]
    [InlineData(90, "1m30s")]
    [InlineData(86400, "1d")]
    public void It_is_written_in_the_largest_units(double seconds, string text) =>
        Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void What_is_written_is_read_again() => Gen.Long[0, 400L * 24 * 3600 * 1000].Sample(milliseconds =>
    {
        Assert.True(Duration.TryParse(Duration.Format(TimeSpan.FromMilliseconds(milliseconds)), out var value));
        Assert.Equal(milliseconds, (long)value.TotalMilliseconds);
    });
}
