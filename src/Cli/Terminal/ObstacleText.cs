namespace Opportunism.Cli.Terminal;

/// <summary>Shows everything that keeps a node from being lent now, each with what would remove it.</summary>
internal static class ObstacleText
{
    public static void Write(CliWorld world, IEnumerable<(string Sentence, string Remedy)> obstacles)
    {
        var table = TextTable.With("not lent because", "what would change it");
        foreach (var (sentence, remedy) in obstacles) table.Row(sentence, remedy);
        if (table.Rows.Count > 0) world.Console.Write(table);
    }
}
