using Microsoft.Extensions.Configuration;
using Opportunism.Agent.Settings;
using Xunit;

namespace Opportunism.UnitTests.Agent.Settings;

public sealed class AgentSettingsTests
{
    [Fact]
    public void An_empty_file_uses_every_default_and_has_no_problem()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());

        AgentSettings.Read(reader);
        reader.Finish();

        Assert.Empty(reader.Problems);
    }

    [Fact]
    public void Every_key_is_a_row_in_the_settings_page_and_every_row_is_a_key()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        AgentSettings.Read(reader);
        var page = File.ReadAllText(Path.Combine(RepositoryTests.Root, "docs", "settings.md"));
        var agents = page[..page.IndexOf("## Controller", StringComparison.Ordinal)];
        var rows = agents.Split('\n').Where(line => line.StartsWith('|'))
            .Select(line => line.Split('|').Select(cell => cell.Trim(' ', '`')).ToArray())
            .Where(cells => cells[1].Length > 0 && char.IsAsciiLetterUpper(cells[1][0])).Select(cells => $"{cells[1]}.{cells[2]}");

        Assert.Equal(reader.Known.Select(key => $"{key.Section}.{key.Key}").Distinct().Order(), rows.Order());
    }
}
