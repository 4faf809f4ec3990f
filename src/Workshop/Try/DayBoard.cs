using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Opportunism.Workshop.Try;

/// <summary>Shows a day while it is played: on a terminal a table that changes in place, elsewhere one line per step.</summary>
internal sealed class DayBoard(IAnsiConsole console, TimeProvider time)
{
    private readonly List<(string Name, string State, string Detail, double? Ms)> rows = [];
    private readonly List<DayStep> seen = [];
    private readonly Lock gate = new();
    private long stepBegan;
    private LiveDisplayContext? live;

    /// <summary>The steps that were seen to happen, in order.</summary>
    public IReadOnlyList<DayStep> Seen
    {
        get
        {
            lock (gate) return [.. seen];
        }
    }

    /// <summary>Runs a day under the board.</summary>
    public async Task ShowAsync(Func<Task> day)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal)
        {
            await day();
            return;
        }

        // A small terminal shows only the newest steps.
        await console.Live(Draw()).Cropping(VerticalOverflowCropping.Top).StartAsync(async context =>
        {
            live = context;
            using var ticker = time.CreateTimer(_ => Refresh(), null, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200));
            try
            {
                await day();
            }
            finally
            {
                Refresh();
                live = null;
            }
        });
    }

    /// <summary>Runs a step; its result is shown beside it. One step at a time.</summary>
    public async Task StepAsync(string name, Func<Task<string>> step)
    {
        lock (gate)
        {
            stepBegan = time.GetTimestamp();
            rows.Add((name, "waiting", "", null));
        }

        Refresh();
        var wasSeen = false;
        try
        {
            Detail(await step());
            wasSeen = true;
        }
        finally
        {
            End(wasSeen);
        }
    }

    /// <summary>Shows the progress of the step under way.</summary>
    public void Detail(string detail)
    {
        lock (gate) rows[^1] = rows[^1] with { Detail = detail.Split('\n')[0] };
    }

    /// <summary>Shows that a part of the step under way has ended, except on a terminal, where the detail shows it.</summary>
    public void Part(string name, bool wasSeen, double ms)
    {
        if (live is null) Line(wasSeen ? "   . " : "   NO", name, ms, "");
    }

    private void End(bool wasSeen)
    {
        lock (gate)
        {
            var ms = time.GetElapsedTime(stepBegan).TotalMilliseconds;
            var row = rows[^1] = rows[^1] with { State = wasSeen ? "seen" : "not seen", Ms = ms };
            if (wasSeen) seen.Add(new(row.Name, ms));
            if (live is null) Line(wasSeen ? "ok " : "NO ", row.Name, ms, row.Detail);
        }

        Refresh();
    }

    private void Line(string mark, string name, double ms, string detail)
    {
        lock (gate)
            console.Profile.Out.Writer.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{mark} {name.PadRight(65 - mark.Length)} {ms / 1000,7:0.00} s  {detail}"));
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
            IRenderable mark = state switch
            {
                "seen" => new Markup("[green]seen[/]"),
                "waiting" => new Markup("[yellow]waiting[/]"),
                _ => new Markup("[red]not seen[/]")
            };
            table.AddRow(new Text(name), mark, new Text(seconds.ToString("0.0", CultureInfo.InvariantCulture)), new Text(detail));
        }

        return table;
    }
}
