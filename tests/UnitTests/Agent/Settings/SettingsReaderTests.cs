using Microsoft.Extensions.Configuration;
using Opportunism.Agent.Settings;
using Xunit;

namespace Opportunism.UnitTests.Agent.Settings;

public sealed class SettingsReaderTests
{
    [Fact]
    public void A_time_is_written_as_people_write_it() =>
        Assert.Equal(TimeSpan.FromSeconds(90), With(("Times:IdleFor", "1m30s")).Time("Times", "IdleFor", TimeSpan.Zero));

    [Theory]
    [InlineData("90")]
    [InlineData("-5s")]
    [InlineData("soon")]
    [InlineData("99999999999999999d")]
    public void What_is_no_time_is_named_with_key_value_and_what_is_allowed(string text)
    {
        var reader = With(("Times:IdleFor", text));

        Assert.Equal(TimeSpan.FromSeconds(7), reader.Time("Times", "IdleFor", TimeSpan.FromSeconds(7)));
        Assert.Equal([$"[Times] IdleFor is '{text}'; allowed is a time such as 90s, 1h30m, 300ms or 00:01:30."], reader.Problems);
    }

    [Fact]
    public void Every_unknown_section_and_key_is_named_at_once()
    {
        var reader = With(("Times:IdelFor", "60s"), ("Tmies:IdleFor", "60s"), ("Times:IdleFor", "60s"));
        reader.Time("Times", "IdleFor", TimeSpan.Zero);
        reader.Time("Times", "ThawAfter", TimeSpan.Zero);

        reader.Finish();

        Assert.Equal(
            ["[Times] IdelFor is not a setting. Known ones are IdleFor, ThawAfter.", "[Tmies] is not a section. Known ones are Times."],
            reader.Problems.Order());
    }

    [Fact]
    public void An_absent_or_empty_key_has_its_default()
    {
        var reader = With(("Agent:Socket", ""));

        Assert.Equal("/run/x", reader.Text("Agent", "Socket", "/run/x"));
        Assert.Equal(5, reader.Number("Agent", "Number", 5));
        Assert.Null(reader.TextOrNone("Agent", "Nothing"));
        Assert.Empty(reader.Problems);
    }

    [Fact]
    public void A_list_is_written_with_commas() =>
        Assert.Equal(["input", "x11"], With(("Monitors:Enabled", " input, x11 ,")).List("Monitors", "Enabled", []));

    private static SettingsReader With(params (string Key, string Value)[] values) =>
        new(
            new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
                .Build());
}
