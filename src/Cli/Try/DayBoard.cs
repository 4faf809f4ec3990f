using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Opportunism.Cli.Try;

/// <summary>Shows a day while it happens: on a terminal a table that changes in place, elsewhere one line per step.</summary>
internal sealed class DayBoard(IAnsiConsole console, TimeProvider time)
{
    private readonly List<(string Name, string State, string Detail, double? Ms)> rows = [];
    private readonly Lock gate = new();
    private long stepBegan;
    private LiveDisplayContext? live;

    /// <summary>Runs a day under the board.</summary>
    public async Task ShowAsync(Func<Task> day)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal)
        {
            await day().ConfigureAwait(false);
            return;
        }

        await console.Live(Draw()).StartAsync(async context =>
        {
            live = context;
            using var ticker = time.CreateTimer(_ => Refresh(), null, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200));
            try
            {
                await day().ConfigureAwait(false);
            }
            finally
            {
                Refresh();
                live = null;
            }
        }).ConfigureAwait(false);
    }

    public void Begin(string name)
    {
        lock (gate)
        {
            stepBegan = time.GetTimestamp();
            rows.Add((name, "waiting", "", null));
        }

        Refresh();
    }

    public void Detail(string detail)
    {
        lock (gate) rows[^1] = rows[^1] with { Detail = detail.Split('\n')[0] };
    }

    public double End(bool seen)
    {
        double ms;
        lock (gate)
        {
            ms = time.GetElapsedTime(stepBegan).TotalMilliseconds;
            rows[^1] = rows[^1] with { State = seen ? "seen" : "not seen", Ms = ms };
            if (live is null)
            {
                var row = rows[^1];
                console.Profile.Out.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(seen ? "ok " : "NO ")} {row.Name,-62} {ms / 1000,7:0.00} s  {row.Detail}"));
            }
        }

        Refresh();
        return ms;
    }

    private void Refresh()
    {
        if (live is not { } context) return;
        lock (gate)
        {
            context.UpdateTarget(Draw());
            context.Refresh();
        }
    }

    private Table Draw()
    {
        var table = new Table().Border(TableBorder.Rounded).Expand();
        table.AddColumn("Step").AddColumn("").AddColumn(new TableColumn("Seconds").RightAligned()).AddColumn("Now");
        foreach (var (name, state, detail, ms) in rows)
        {
            var seconds = (ms ?? time.GetElapsedTime(stepBegan).TotalMilliseconds) / 1000;
            IRenderable mark = state switch { "seen" => new Markup("[green]seen[/]"), "waiting" => new Markup("[yellow]waiting[/]"), _ => new Markup("[red]not seen[/]") };
            table.AddRow(new Text(name), mark, new Text(seconds.ToString("0.0", CultureInfo.InvariantCulture)), new Text(detail));
        }

        return table;
    }
}
