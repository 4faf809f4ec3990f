using Spectre.Console;
using Spectre.Console.Rendering;

namespace Opportunism.Cli.Terminal;

/// <summary>A table of plain texts for a terminal of any width: it never cuts a text, and never interprets text from the site as
/// markup.</summary>
/// <remarks>Where the rows do not fit, the widest cells are wrapped between words; where that is not enough, each row is a block of "name:
/// value" lines. A word is never broken by this class: a terminal that is narrower than an id wraps it, so that it can still be copied
/// whole.</remarks>
internal sealed class TextTable : Renderable
{
    // A cell that is wider than this is treated as a sentence; a narrower column would have only single words.
    private const int Sentence = 32, LeastSentence = 16;

    private const int Gap = 2;

    private static readonly Style Bold = new(decoration: Decoration.Bold), Dim = new(decoration: Decoration.Dim);

    private readonly string[] header;
    private readonly bool isBlocks;
    private readonly List<string[]> rows = [];

    private TextTable(string[] header, bool isBlocks) => (this.header, this.isBlocks) = (header, isBlocks);

    /// <summary>The rows so far.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => rows;

    /// <summary>A table with these columns.</summary>
    public static TextTable With(params string[] columns) => new(columns, isBlocks: false);

    /// <summary>One item shown in full: a block of "name: value" lines, for any width of the terminal.</summary>
    public static TextTable Of(params (string What, string How)[] rows)
    {
        var shown = rows.Where(row => row.How.Length > 0).ToList();
        return new TextTable([.. shown.Select(row => row.What)], isBlocks: true).Row([.. shown.Select(row => row.How)]);
    }

    /// <summary>Adds a row; words that have a colour get it.</summary>
    public TextTable Row(params string[] cells)
    {
        // A tab would have a width that depends on the terminal.
        rows.Add([.. cells.Select(cell => ConsoleText.Safe(cell).Replace('\t', ' '))]);
        return this;
    }

    /// <summary>A text in lines of at most that width, broken only between words.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        foreach (var paragraph in text.Split('\n'))
        {
            var line = "";
            foreach (var word in paragraph.Split(' '))
            {
                if (line.Length > 0 && Width(line) + 1 + Width(word) > width)
                {
                    yield return line;
                    line = word;
                }
                else
                {
                    line = line.Length > 0 ? $"{line} {word}" : word;
                }
            }

            yield return line;
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
        !isBlocks && Widths(maxWidth) is { } widths ? AsRows(widths) : Blocks(maxWidth);

    // The natural widths of the columns; if these do not fit, the widest are narrowed, so that the short ones stay on one line. Null when
    // that does not fit.
    private int[]? Widths(int maxWidth)
    {
        int[] widths = [.. header.Select((name, at) => Most(at, Width(name), cell => Lines(cell, int.MaxValue).Max(Width)))];
        int[] least =
            [.. header.Select((name, at) => Most(at, Math.Max(Width(name), widths[at] > Sentence ? LeastSentence : 0), LongestWord))];
        var room = maxWidth - (Gap * (header.Length - 1));
        if (least.Sum() > room) return null;
        while (widths.Sum() > room)
        {
            var widest = Enumerable.Range(0, widths.Length).Where(at => widths[at] > least[at]).MaxBy(at => widths[at]);
            widths[widest]--;
        }

        return widths;
    }

    private int Most(int column, int least, Func<string, int> width) => rows.Select(row => width(row[column])).Append(least).Max();

    private IEnumerable<Segment> AsRows(int[] widths)
    {
        foreach (var segment in Row(header, widths, _ => Bold)) yield return segment;
        foreach (var segment in Row([.. widths.Select(width => new string('-', width))], widths, _ => Dim)) yield return segment;
        foreach (var row in rows)
        {
            foreach (var segment in Row(row, widths, at => Words.Colour(row[at]))) yield return segment;
        }
    }

    private static IEnumerable<Segment> Row(string[] cells, int[] widths, Func<int, Style> style)
    {
        var lines = cells.Select((cell, at) => Lines(cell, widths[at]).ToArray()).ToArray();
        for (var line = 0; line < lines.Max(cell => cell.Length); line++)
        {
            var pending = 0;
            for (var at = 0; at < cells.Length; at++)
            {
                var text = line < lines[at].Length ? lines[at][line] : "";
                if (text.Length > 0)
                {
                    if (pending > 0) yield return Segment.Padding(pending);
                    yield return new Segment(text, style(at));
                    pending = 0;
                }

                // No padding at the end of a line: a terminal as wide as the table would show an empty line.
                pending += widths[at] - Width(text) + Gap;
            }

            yield return Segment.LineBreak;
        }
    }

    private IEnumerable<Segment> Blocks(int maxWidth)
    {
        var names = header.Max(Width) + 1;
        var room = Math.Max(1, maxWidth - names - 1);
        foreach (var (row, number) in rows.Select((row, number) => (row, number)))
        {
            if (number > 0) yield return Segment.LineBreak;
            for (var at = 0; at < header.Length; at++)
            {
                if (row[at].Length == 0) continue;
                var first = true;
                foreach (var line in Lines(row[at], room))
                {
                    yield return new Segment((first ? $"{header[at]}:" : "").PadRight(names + 1), Dim);
                    yield return new Segment(line, Words.Colour(row[at]));
                    yield return Segment.LineBreak;
                    first = false;
                }
            }
        }
    }

    private static int LongestWord(string text) => text.Split(' ', '\n').Max(Width);

    private static int Width(string text) => new Segment(text).CellCount();
}

/// <summary>Writes tables that may be empty.</summary>
internal static class TextTableShow
{
    /// <summary>Writes a table, or a sentence when it has no rows.</summary>
    public static void Show(this IAnsiConsole console, TextTable table, string whenEmpty)
    {
        if (table.Rows.Count == 0) console.WriteLine(whenEmpty);
        else console.Write(table);
    }
}
