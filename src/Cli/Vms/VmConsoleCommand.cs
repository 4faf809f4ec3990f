using System.CommandLine;
using System.Text.Json;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm console</c>: what a VM has written to its console.</summary>
internal static class VmConsoleCommand
{
    // The site replies at once when there is more; this only bounds one request.
    private static readonly TimeSpan WaitsFor = TimeSpan.FromSeconds(20);

    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        var follow = new Option<bool>("--follow", "-f") { Description = "Print new output as it comes, until Ctrl-C." };
        var all = new Option<bool>("--all")
        {
            Description = "All that the site keeps, at least the newest 256 KiB, instead of the newest 4 KiB.",
        };
        return options.ForSite(
            new Command("console", "Show a VM's console output.") { vm, follow, all }, (parsed, site, cancellationToken) =>
        {
            var follows = parsed.GetValue(follow);
            Task ShowAsync() =>
                ShowPiecesAsync(options, parsed, site, parsed.GetValue(vm)!, parsed.GetValue(all), follows, cancellationToken);
            return follows ? CliWorld.FollowAsync(ShowAsync, cancellationToken) : DoneAsync(ShowAsync());
        });
    }

    private static async Task<int> DoneAsync(Task shown)
    {
        await shown;
        return ExitCode.Done;
    }

    private static async Task ShowPiecesAsync(
        CliOptions options, ParseResult parsed, SiteClient site, string vm, bool all, bool follow, CancellationToken cancellationToken)
    {
        long offset = all ? 0 : -1;
        while (true)
        {
            var piece = await site.ConsoleAsync(vm, offset, offset < 0 || !follow ? TimeSpan.Zero : WaitsFor, cancellationToken);
            if (parsed.GetValue(options.Json))
                options.World.Output.WriteLine(JsonSerializer.Serialize(piece, SiteJson.Default.ConsoleView));
            else options.World.Output.Write(ConsoleText.Safe(piece.Text));
            options.World.Output.Flush();
            if (!follow && (piece.Text.Length == 0 || !all)) return;
            offset = piece.NextOffset;
        }
    }
}
