using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Cli.Site;
using Opportunism.Contracts.Api;
using Opportunism.Core.Availability;
using Spectre.Console;

namespace Opportunism.Cli.Try;

/// <summary>Sets a whole site up on this machine, plays a day on it, and removes every trace.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TryRun(IAnsiConsole console, TimeProvider time)
{
    // Short enough to watch, long enough that every state is really seen.
    private static readonly AvailabilityTimes Times = new()
    {
        IdleFor = TimeSpan.FromSeconds(7),
        ThawAfter = TimeSpan.FromSeconds(7),
        HoldAfter = TimeSpan.FromSeconds(1),
        PresaveAfter = TimeSpan.FromSeconds(3),
        EvictAfter = TimeSpan.FromSeconds(8),
    };

    /// <summary>Answers 0 only if every step was seen to happen.</summary>
    public async Task<int> RunAsync(bool json, string seatKind, bool keep, TextWriter output, CancellationToken cancellationToken)
    {
        var name = $"opportunism-try-{Environment.ProcessId}";
        var folders = SiteFolders.Find(Path.Combine("/var/lib/opportunism", name));
        var settings = new SiteSettings(name, Times, BusyOwner: true);
        var board = new DayBoard(console, time);
        DayResult result = new() { Steps = [] };
        try
        {
            await board.ShowAsync(async () => result = await PlayAsync(folders, settings, board, seatKind, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DayBrokenException or IOException or SiteException or OperationCanceledException)
        {
            result = result with { Error = e is OperationCanceledException ? "Interrupted." : e.Message };
        }

        // Its logs stay when something went wrong.
        if (result.Ok && !keep) Directory.Delete(folders.State, recursive: true);
        if (json) await output.WriteLineAsync(JsonSerializer.Serialize(result, DayJson.Default.DayResult)).ConfigureAwait(false);
        else Summarize(result);
        return result.Ok ? 0 : 1;
    }

    private async Task<DayResult> PlayAsync(SiteFolders folders, SiteSettings settings, DayBoard board, string seatKind, CancellationToken cancellationToken)
    {
        ISeat? seat = null;
        LocalSite? site = null;
        Day? day = null;
        var before = new List<DayStep>();
        string? error = null;
        async Task<T> First<T>(string step, Func<Task<T>> make, Func<T, string> detail)
        {
            board.Begin(step);
            var seen = false;
            try
            {
                var made = await make().ConfigureAwait(false);
                board.Detail(detail(made));
                seen = true;
                return made;
            }
            finally
            {
                var ms = board.End(seen);
                if (seen) before.Add(new(step, ms));
            }
        }

        try
        {
            Directory.CreateDirectory(folders.State);
            var image = await First("A tiny bootable image is made", () => MakeImageAsync(folders, cancellationToken), _ => "this distribution's kernel and busybox").ConfigureAwait(false);
            site = await First("The controller starts", () => LocalSite.StartControllerAsync(folders, settings, "127.0.0.1:0", time, cancellationToken), made => SiteFile.Read(folders.ControllerState)!.Url).ConfigureAwait(false);
            seat = await First("Somebody sits down", () => SeatAsync(seatKind, folders, cancellationToken), made => made.Sentence).ConfigureAwait(false);
            await First("The agent starts and enrols this machine", async () => { await site.StartAgentAsync(cancellationToken).ConfigureAwait(false); return 0; }, _ => settings.Name).ConfigureAwait(false);
            day = new Day(site, seat, board, time);
            await day.PlayAsync(image, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DayBrokenException or IOException or SiteException or OperationCanceledException)
        {
            error = e is OperationCanceledException ? "Interrupted." : e.Message;
        }

        var left = await EndAsync(site, seat, folders, settings, board, before).ConfigureAwait(false);
        error ??= left.Problem;
        var result = day?.Result ?? new() { Steps = [] };
        var setUp = before.Take(4).ToList();
        return result with { Steps = [.. setUp, .. result.Steps, .. before.Skip(setUp.Count)], Error = error, Ok = error is null, GuestsLeft = left.Guests };
    }

    private async Task<ISeat> SeatAsync(string kind, SiteFolders folders, CancellationToken cancellationToken) =>
        kind == "real" || (kind == "auto" && PersonSeat.IsHere())
            ? new PersonSeat(text => console.MarkupLineInterpolated($"[bold]{text}[/]"))
            : await VirtualSeat.StartAsync(Path.Combine(folders.State, "seat"), folders.Logs, time, cancellationToken).ConfigureAwait(false);

    private static async Task<(int Guests, string? Problem)> EndAsync(LocalSite? site, ISeat? seat, SiteFolders folders, SiteSettings settings, DayBoard board, List<DayStep> steps)
    {
        board.Begin("Everything is ended");
        var killed = site is null ? [] : await site.StopAsync().ConfigureAwait(false);
        if (site is not null) await site.DisposeAsync().ConfigureAwait(false);
        if (seat is not null) await seat.DisposeAsync().ConfigureAwait(false);
        var (guests, stuck) = await Leftovers.EndAsync(settings, TimeProvider.System).ConfigureAwait(false);
        var problem = killed.Count > 0 ? $"The {string.Join(" and the ", killed)} did not end well when asked to; see {folders.Logs}."
            : guests > 0 ? $"{guests} guest processes were left and had to be killed."
            : stuck;
        board.Detail(problem ?? "nothing is left");
        steps.Add(new("Everything is ended", board.End(problem is null)));
        return (guests, problem);
    }

    private async Task<string> MakeImageAsync(SiteFolders folders, CancellationToken cancellationToken)
    {
        var image = Path.Combine(folders.State, "tick.qcow2");
        await using var maker = OwnProcess.Start("image", folders.TickImage, [image, "--cache", "/var/cache/opportunism"], folders.Logs);
        while (!maker.HasExited) await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken).ConfigureAwait(false);
        return File.Exists(image) ? image : throw new IOException($"The image could not be made:\n{maker.LogTail()}");
    }

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
        Row("Resumed from disk", result.ResumeMs, "ms");
        Row("Guests left", result.GuestsLeft, "");
        console.Write(table);
        if (result.Ok) console.MarkupLine("[green]Every step was seen to happen.[/]");
        else console.MarkupLineInterpolated($"[red]{result.Error}[/]");
    }
}
