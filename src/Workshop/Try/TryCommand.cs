using System.CommandLine;
using System.Runtime.Versioning;
using Opportunism.Workshop.Site;
using Spectre.Console;

namespace Opportunism.Workshop.Try;

/// <summary><c>opportunism try</c>: plays one day of a desktop on this machine.</summary>
[SupportedOSPlatform("linux")]
internal static class TryCommand
{
    private const string Embedded = "embedded", OpenStack = "openstack";

    public static Command Create()
    {
        var cloud = new Option<string>("--cloud")
        {
            Description = "Whose guests the desktop runs: the controller's own cloud's (embedded), or those of a real OpenStack that "
                + "comes up for the day (openstack; Debian 12, 5 minutes).",
            DefaultValueFactory = _ => Embedded,
        };
        cloud.AcceptOnlyFromAmong(Embedded, OpenStack);
        var json = new Option<bool>("--json") { Description = "Print one JSON object last; the steps go to standard error." };
        var seat = new Option<string>("--seat")
        {
            Description = "Who plays the owner: you at this machine's seat (real), or a virtual display (virtual).",
            DefaultValueFactory = _ => "auto",
        };
        seat.AcceptOnlyFromAmong("auto", "real", "virtual");
        var keep = new Option<bool>("--keep") { Description = "Keep the site's folder with its logs, also after success." };
        var command = new Command(
            "try", "Play one day of a desktop on this machine: idle, lent, owner back, owner gone again.") { cloud, json, seat, keep };
        command.SetAction((parsed, cancellationToken) =>
        {
            var console = parsed.GetValue(json)
                ? AnsiConsole.Create(
                    new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Interactive = InteractionSupport.No })
                : AnsiConsole.Console;
            var time = TimeProvider.System;
            Func<SiteFolders, string, DayBoard, IStage> stage = parsed.GetValue(cloud) == OpenStack
                ? (folders, name, board) => new OpenStackStage(folders, name, board, time)
                : (folders, name, board) => new EmbeddedStage(folders, name, board, time);
            return new TryRun(console, time)
                .RunAsync(stage, parsed.GetValue(json), parsed.GetValue(seat)!, parsed.GetValue(keep), Console.Out, cancellationToken);
        });
        return command;
    }
}
