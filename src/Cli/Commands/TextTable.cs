using Spectre.Console;
using Spectre.Console.Rendering;

namespace Opportunism.Cli.Commands;

/// <summary>A table of plain texts: what comes from the site is never read as markup.</summary>
internal static class TextTable
{
    public static Table With(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))).NoWrap());
        if (columns.Length > 0) table.Columns[^1].NoWrap = false;
        return table;
    }

    /// <summary>Adds a row; words that have a colour get it.</summary>
    public static Table Row(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => (IRenderable)new Text(cell, Words.Colour(cell))));

    /// <summary>Two columns, what and how, for one thing shown in full.</summary>
    public static Table Of(params (string What, string How)[] rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("").NoWrap());
        table.AddColumn(new TableColumn(""));
        foreach (var (what, how) in rows.Where(row => row.How.Length > 0)) table.AddRow(new Text(what, new Style(decoration: Decoration.Dim)), new Text(how, Words.Colour(how)));
        return table;
    }

    /// <summary>Writes a table, or a sentence when it has no rows.</summary>
    public static void Show(this IAnsiConsole console, Table table, string whenEmpty)
    {
        if (table.Rows.Count == 0) console.WriteLine(whenEmpty);
        else console.Write(table);
    }
}
