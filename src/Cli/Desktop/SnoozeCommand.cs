using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Desktop;

/// <summary><c>snooze</c>: the owner's "not today" for this desktop.</summary>
internal static class SnoozeCommand
{
    public static Command Create(CliOptions options)
    {
        var times = new SnoozeTimes();
        var command = new Command("snooze", "Do not lend this desktop for a while; until midnight by default.");
        times.AddTo(command, options.World.Time);
        return options.ForDesktop(command, async (parsed, cancellationToken) =>
        {
            var until = times.Until(parsed, options.World.Time);
            var request = until is null ? new LocalRequest(LocalAsk.Wake) : new LocalRequest(LocalAsk.Snooze, until);
            var reply = await options.World.AskAgentAsync(parsed.GetValue(options.Socket)!, request, cancellationToken);
            var sentence = until is { } at
                ? $"This desktop is not lent until {Words.At(at, options.World.Time)}."
                : "The owner's snooze is ended; 'opportunism status' shows what else prevents lending.";
            return options.Show(parsed, reply, LocalJson.Default.LocalReply, sentence);
        });
    }
}
