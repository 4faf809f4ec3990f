namespace Opportunism.Cli.Terminal;

/// <summary>Shows problems, each with what to do about it.</summary>
internal static class HealthText
{
    public static void Write(CliWorld world, IEnumerable<(string Severity, string Sentence, string Remedy)> items)
    {
        var table = TextTable.With("severity", "what", "what to do");
        foreach (var (severity, sentence, remedy) in items) table.Row(severity, sentence, remedy);
        if (table.Rows.Count > 0) world.Console.Write(table);
    }
}
