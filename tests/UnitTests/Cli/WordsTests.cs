using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli.Terminal;
using Xunit;

namespace Opportunism.UnitTests.Cli;

public sealed class WordsTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172800)]
    public void A_length_of_time_is_read(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Words.Duration(text));

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("h")]
    [InlineData("-2h")]
    [InlineData("0s")]
    [InlineData("2 h")]
    [InlineData("999d")]
    [InlineData("99999999999d")]
    public void Anything_else_is_no_length_of_time(string text) => Assert.Null(Words.Duration(text));

    [Theory]
    [InlineData("18:00", "2026-11-22T18:00:00Z")]
    [InlineData("9:30", "2026-11-23T09:30:00Z")]
    [InlineData("2026-12-24", "2026-12-24T00:00:00Z")]
    [InlineData("2026-12-24 18:00", "2026-12-24T18:00:00Z")]
    [InlineData("2026-12-24T18:00:00+02:00", "2026-12-24T16:00:00Z")]
    public void A_moment_is_read(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), Words.Moment(text, time));

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("25:00")]
    [InlineData("2026-13-01")]
    public void Anything_else_is_no_moment(string text) => Assert.Null(Words.Moment(text, time));

    [Fact]
    public void An_end_that_is_unknown_is_written_as_one() => Assert.Equal("it is ended", Words.At(DateTimeOffset.MaxValue, time));

    [Theory]
    [InlineData(0, "0 guests")]
    [InlineData(1, "1 guest")]
    [InlineData(2, "2 guests")]
    public void A_number_goes_with_its_word(int count, string expected) => Assert.Equal(expected, Words.Count(count, "guest"));

    [Theory]
    [InlineData(5, "5 s")]
    [InlineData(300, "5 min")]
    [InlineData(36000, "10 h")]
    [InlineData(864000, "10 d")]
    public void A_length_of_time_is_written_in_one_unit(int seconds, string expected) =>
        Assert.Equal(expected, Words.Lasting(TimeSpan.FromSeconds(seconds)));
}
