using System.CommandLine;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.Workshop.Site;
using Spectre.Console;

namespace Opportunism.Workshop.Up;

/// <summary><c>opportunism up</c>: keeps a site running on this machine until Ctrl-C.</summary>
[SupportedOSPlatform("linux")]
internal static class UpCommand
{
    /// <summary>The default state folder of this machine's site.</summary>
    public const string DefaultState = "/var/lib/opportunism/site";

    private const string Lend = "lend", DefaultName = "opportunism";

    public static Command Create()
    {
        var state = new Option<string>("--state")
        {
            Description = "Folder for everything the site keeps.",
            DefaultValueFactory = _ => DefaultState,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "Address and port of the controller.",
            DefaultValueFactory = _ => "127.0.0.1:7443",
        };
        var withoutSeat = new Option<string?>("--without-seat")
        {
            Description = $"'{Lend}': lend this machine although it has no keyboard, mouse or display; its ssh users and its load count "
                + "as its owner.",
        };
        withoutSeat.AcceptOnlyFromAmong(Lend);
        var command = new Command(
            "up", "Keep a site (a controller and the agent of this machine) running until Ctrl-C.") { state, listen, withoutSeat };
        command.SetAction(
            (parsed, cancellationToken) => RunAsync(parsed.GetValue(state)!, parsed.GetValue(listen)!, parsed.GetValue(withoutSeat) == Lend,
                AnsiConsole.Console, TimeProvider.System, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string state, string listen, bool lendWithoutSeat, IAnsiConsole console, TimeProvider time, CancellationToken cancellationToken)
    {
        var folders = SiteFolders.Find(state);
        // The command line finds the machine's own site without options.
        if (state == DefaultState) folders = folders with { AgentSocket = LocalAgent.DefaultSocket };
        LocalSite? site = null;
        try
        {
            // One that was killed leaves its programs running, and a second one must not end the first.
            if (SiteProcesses.Find(folders) is { Count: > 0 } running) throw new IOException(SiteProcesses.Sentence(state, running));
            site = await LocalSite.StartControllerAsync(
                folders,
                new SiteSettings(NameOf(state), new AvailabilityTimes(), BusyOwner: false)
                {
                    NodeName = DefaultName,
                    LendWithoutSeat = lendWithoutSeat,
                },
                listen, time, cancellationToken);
            await site.StartAgentAsync(cancellationToken);
            console.WriteLine($"The site listens at {SiteFile.Read(folders.ControllerState)!.Url}; its state is in {state}.");
            console.WriteLine(
                $"In another terminal: {folders.CommandLine} "
                    + $"nodes{(state == DefaultState ? "" : $" --site {Path.Combine(folders.ControllerState, SiteFile.Name)}")}");
            if (!lendWithoutSeat && await site.IsWithoutSeatAsync(cancellationToken))
                await OfferAsync(site, folders.CommandLine, console, cancellationToken);
            console.WriteLine("Ctrl-C ends it; guests stay frozen until it is started again.");
            await site.WaitForEndAsync(cancellationToken);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (ProgramEndedException ended)
        {
            var again = $"{folders.CommandLine} up{(state == DefaultState ? "" : $" --state {state}")}";
            console.MarkupLineInterpolated($"[red]{ended.Message}[/] Run '{again}' again; guests stay frozen until then.");
            return 1;
        }
        catch (Exception e) when (e is IOException or SiteException or UnauthorizedAccessException)
        {
            console.MarkupLineInterpolated($"[red]{e.Message}[/]");
            return 1;
        }
        finally
        {
            if (site is not null) await site.DisposeAsync();
        }
    }

    /// <summary>A different name for each site of this machine: two agents with one cgroup would freeze each other's guests.</summary>
    internal static string NameOf(string state) =>
        state == DefaultState
        ? DefaultName
        : $"{DefaultName}-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(state))))[..8];

    /// <summary>Prints at once that a machine without a seat lends nothing, and how to lend it.</summary>
    private static async Task OfferAsync(LocalSite site, string program, IAnsiConsole console, CancellationToken cancellationToken)
    {
        console.WriteLine("This machine has no keyboard, mouse or display, so its owner would not be noticed and no VM runs on it.");
        console.WriteLine(
            $"'{program} up --without-seat {Lend}' lends it nevertheless: its ssh users and its load then count as its owner.");
        if (!console.Profile.Capabilities.Interactive || Console.IsInputRedirected) return;
        if (!await console.ConfirmAsync("Lend it now?", defaultValue: false, cancellationToken)) return;
        await site.RestartAgentAsync(site.Settings with { LendWithoutSeat = true }, cancellationToken);
        console.WriteLine("It is lent after a minute without a key press in any of its terminals and with little load.");
    }
}
