using Opportunism.Cli.Terminal;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What a person reads of a table on a terminal of some width.</summary>
public sealed class TextTableTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private const string Sentence = "the agent has not been heard from for 40 s and its guests are marked as lost until it reports again";

    [Fact]
    public void Rows_that_fit_are_a_line_each()
    {
        var lines = Shown(80, TextTable.With("id", "for").Row(Id, "joining").Row("b", "anna"));
        Assert.Equal(
            [
                "id                                for", "--------------------------------  -------", $"{Id}  joining",
                "b                                 anna"],
            lines);
    }

    [Fact]
    public void A_sentence_is_wrapped_between_words_and_the_other_cells_stay_whole()
    {
        var lines = Shown(70, TextTable.With("id", "state", "why").Row(Id, "Waiting", Sentence));
        Assert.StartsWith($"{Id}  Waiting  the agent has not been", lines[2], StringComparison.Ordinal);
        Assert.Equal(Sentence, string.Join(' ', lines.Skip(2).Select(line => line[43..])));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 70));
    }

    [Fact]
    public void A_table_that_does_not_fit_is_a_block_a_row()
    {
        var lines = Shown(40, TextTable.With("id", "state", "why").Row(Id, "Waiting", "no node has room").Row("b", "Ready", ""));
        Assert.Equal([$"id:    {Id}", "state: Waiting", "why:   no node has room", "", "id:    b", "state: Ready"], lines);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(70)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_word_is_cut_at_any_width(int width)
    {
        var table = TextTable.With("id", "for", "allows", "expires", "revoked", "note")
            .Row(Id, "joining", "10000 more", "2026-11-22 16:00", "-", "for the machines of room 3")
                .Row("t2", new string('n', 63), "Operator", "never", "revoked", "");
        var shown = string.Join('\n', Shown(width, table));
        foreach (var word in table.Rows.SelectMany(row => row).SelectMany(cell => cell.Split(' ')))
            Assert.Contains(word, shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u2026', shown);
    }

    [Fact]
    public void An_escape_sequence_of_a_tenants_does_not_reach_the_terminal() =>
        Assert.DoesNotContain('\u001b', string.Join('\n', Shown(80, TextTable.With("note").Row("\u001b]0;evil\u0007"))));

    private static string[] Shown(int width, TextTable table)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            });
        console.Profile.Width = width;
        console.Write(table);
        return output.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
