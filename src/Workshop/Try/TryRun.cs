using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Contracts.Api;
using Opportunism.Workshop.Site;
using Spectre.Console;

namespace Opportunism.Workshop.Try;

/// <summary>Sets up a whole site on this machine, plays a day on it, and removes every trace.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TryRun(IAnsiConsole console, TimeProvider time)
{
    /// <summary>Returns 0 only if every step was seen to happen.</summary>
    /// <param name="makeStage">Creates the stage of the day, for a site with that name in these folders; its steps are shown on the
    /// board.</param>
    /// <param name="json">Whether one JSON object is printed last, instead of a table.</param>
    /// <param name="seatKind">Who plays the owner: auto, real or virtual.</param>
    /// <param name="keep">Whether the folder stays although everything succeeded.</param>
    /// <param name="output">Where the JSON object is written.</param>
    /// <param name="cancellationToken">Interrupts the day; everything is still ended and removed.</param>
    public async Task<int> RunAsync(
        Func<SiteFolders, string, DayBoard, IStage> makeStage, bool json, string seatKind, bool keep, TextWriter output,
        CancellationToken cancellationToken)
    {
        var name = $"opportunism-try-{Environment.ProcessId}";
        var folders = SiteFolders.Find(Path.Combine("/var/lib/opportunism", name));
        var board = new DayBoard(console, time);
        var stage = makeStage(folders, name, board);
        DayResult result = new() { Steps = [] };
        await board.ShowAsync(async () => result = await PlayAsync(folders, stage, board, seatKind, keep, cancellationToken));
        if (json) await output.WriteLineAsync(JsonSerializer.Serialize(result, DayJson.Default.DayResult));
        else Summarize(result);
        return result.Ok ? 0 : 1;
    }

    private async Task<DayResult> PlayAsync(
        SiteFolders folders, IStage stage, DayBoard board, string seatKind, bool keep, CancellationToken cancellationToken)
    {
        ISeat? seat = null;
        LocalSite? site = null;
        Day? day = null;
        string? error = null;
        try
        {
            // Other programs' users pass through it to their own files.
            Directory.CreateDirectory(
                folders.State,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                    | UnixFileMode.OtherExecute);
            await board.StepAsync(stage.Sentence, () => stage.MakeAsync(cancellationToken));
            await board.StepAsync("The controller starts", async () =>
            {
                site = await LocalSite.StartControllerAsync(folders, stage.Settings, "127.0.0.1:0", time, cancellationToken);
                return SiteFile.Read(folders.ControllerState)!.Url;
            });
            await board.StepAsync(
                "An owner sits down", async () => (seat = await SeatAsync(seatKind, folders, cancellationToken)).Sentence);
            await board.StepAsync("The agent starts and enrols this machine", async () =>
            {
                await site!.StartAgentAsync(cancellationToken);
                return stage.Settings.NodeName;
            });
            using var cloud = await stage.EnterAsync(site!, cancellationToken);
            day = new Day(site!, seat!, cloud, board, time);
            await day.PlayAsync(cancellationToken);
        }
        catch (Exception e) when (IsBroken(e))
        {
            // Ctrl-C at a terminal reaches the site's programs too: then the first failure is only its consequence.
            error = cancellationToken.IsCancellationRequested || e is OperationCanceledException ? "Interrupted." : e.Message;
        }

        var guests = 0;
        try
        {
            await board.StepAsync("Everything is ended", async () =>
            {
                (guests, var problem) = await EndAsync(site, seat, folders, stage);
                // After a day that failed its guest may be left; after a whole one nothing may.
                if (guests > 0 && error is null) problem ??= $"{guests} guest processes were left and had to be killed.";
                return problem is null ? "nothing is left" : throw new DayBrokenException(problem);
            });

            // Logs stay when a step failed, where there are any; after an interruption they are not needed.
            if (!keep && (error is null || cancellationToken.IsCancellationRequested || !Directory.Exists(folders.Logs)))
                Directory.Delete(folders.State, recursive: true);
        }
        catch (Exception e) when (IsBroken(e))
        {
            error ??= e.Message;
        }

        var result = day?.Result ?? new() { Steps = [] };
        return result with { Steps = board.Seen, Error = error, Ok = error is null, GuestsLeft = guests };
    }

    private static async Task<(int Guests, string? Problem)> EndAsync(LocalSite? site, ISeat? seat, SiteFolders folders, IStage stage)
    {
        var killed = site is null ? [] : await site.StopAsync();
        if (site is not null) await site.DisposeAsync();
        if (seat is not null) await seat.DisposeAsync();
        var (guests, stuck) = await Leftovers.EndAsync(stage.Settings, TimeProvider.System);
        try
        {
            await stage.RemoveAsync();
        }
        catch (IOException e)
        {
            stuck ??= e.Message;
        }

        return (
            guests,
            killed.Count > 0 ? $"The {string.Join(" and the ", killed)} did not end well when asked to; see {folders.Logs}." : stuck);
    }

    private static bool IsBroken(Exception e) => e is DayBrokenException or IOException or SiteException or OperationCanceledException;

    private async Task<ISeat> SeatAsync(string kind, SiteFolders folders, CancellationToken cancellationToken) =>
        kind == "real" || (kind == "auto" && PersonSeat.IsHere())
            ? new PersonSeat(text => console.MarkupLineInterpolated($"[bold]{text}[/]"))
            : await VirtualSeat.StartAsync(Path.Combine(folders.State, "seat"), folders.Logs, time, cancellationToken);

    private void Summarize(DayResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Measured").AddColumn(new TableColumn("").RightAligned());
        void Row(string what, double? value, string unit) =>
            table.AddRow(what, value is { } v ? v.ToString(v < 10 ? "0.00" : "0", CultureInfo.InvariantCulture) + " " + unit : "not seen");
        Row("Activity until the guest stood still", result.FreezeMs, "ms");
        Row("Guest CPU used after the decision", result.LeakedCpuMs, "ms");
        Row("Let go again", result.ThawMs, "ms");
        Row("Held by its hypervisor", result.HoldMs, "ms");
        Row("Memory given back", result.MemoryReturnedMib, "MiB");
        Row("... within", result.MemoryReturnedMs, "ms");
        Row("Resumed", result.ResumeMs, "ms");
        Row("Guests left", result.GuestsLeft, "");
        console.Write(table);
        if (result.Ok) console.MarkupLine("[green]Every step was seen to happen.[/]");
        else console.MarkupLineInterpolated($"[red]{result.Error}[/]");
    }
}
