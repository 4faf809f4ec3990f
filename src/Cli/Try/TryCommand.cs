using System.CommandLine;
using System.Runtime.Versioning;
using Spectre.Console;

namespace Opportunism.Cli.Try;

/// <summary><c>opportunism try</c>: plays one day of a desktop on this machine.</summary>
[SupportedOSPlatform("linux")]
internal static class TryCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object last; the steps go to standard error." };
        var seat = new Option<string>("--seat") { Description = "Who plays the owner: you at this machine's seat (real), or a virtual display (virtual).", DefaultValueFactory = _ => "auto" };
        seat.AcceptOnlyFromAmong("auto", "real", "virtual");
        var keep = new Option<bool>("--keep") { Description = "Keep the site's folder with its logs, also when all went well." };
        var command = new Command("try", "Play one day of a desktop on this machine: idle, lent, owner back, owner gone again.") { json, seat, keep };
        command.SetAction((parsed, cancellationToken) =>
        {
            var console = parsed.GetValue(json)
                ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Interactive = InteractionSupport.No })
                : AnsiConsole.Console;
            var time = TimeProvider.System;
            return new TryRun(console, time).RunAsync((folders, name, board) => new EmbeddedStage(folders, name, board, time), parsed.GetValue(json), parsed.GetValue(seat)!, parsed.GetValue(keep), Console.Out, cancellationToken);
        });
        return command;
    }
}
