using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Opportunism.Benchmarks;

/// <summary>The figures of one benchmark: a table for people, one JSON object for programs.</summary>
internal sealed class BenchReport(string name)
{
    private readonly List<JsonObject> rows = [];

    /// <summary>Adds a row; names say the unit.</summary>
    public void Add(params ReadOnlySpan<(string Name, JsonNode? Value)> figures)
    {
        var row = new JsonObject();
        foreach (var (figure, value) in figures) row[figure] = value;
        rows.Add(row);
    }

    /// <summary>Writes all rows: with <paramref name="json"/> as one object on one line, else as tables.</summary>
    public void Write(bool json)
    {
        if (json)
        {
            var report = new JsonObject { ["bench"] = name, ["machine"] = Machine(), ["rows"] = new JsonArray([.. rows]) };
            Console.WriteLine(report.ToJsonString(new JsonSerializerOptions { WriteIndented = false }));
            return;
        }

        foreach (var alike in rows.GroupBy(row => string.Join(',', row.Select(figure => figure.Key))))
        {
            var table = new Table().Border(TableBorder.Rounded).Title(name);
            foreach (var figure in alike.First()) table.AddColumn(new TableColumn(figure.Key).RightAligned());
            foreach (var row in alike) table.AddRow([.. row.Select(figure => figure.Value?.ToString() ?? "")]);
            AnsiConsole.Write(table);
        }
    }

    /// <summary>A figure rounded to three decimals: what lies beyond is noise.</summary>
    public static JsonNode Figure(double value) => JsonValue.Create(Math.Round(value, 3));

    private static JsonObject Machine() => new()
    {
        ["cpus"] = Environment.ProcessorCount,
        ["cpu"] = Line("/proc/cpuinfo", "model name"),
        ["memory_mib"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1048576,
        ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        ["os"] = Line("/etc/os-release", "PRETTY_NAME"),
        ["load"] = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
    };

    private static string Line(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split([':', '='], 2)[1]
            .Trim(' ', '\t', '"')
            ?? "";
}
