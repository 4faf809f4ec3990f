using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Desktop;

/// <summary><c>take-back</c>: moves all guests off this desktop, now.</summary>
internal static class TakeBackCommand
{
    public static Command Create(CliOptions options) =>
        options.ForDesktop(new Command("take-back", "Get every guest off this desktop now."), async (parsed, cancellationToken) =>
        {
            var reply = await options.World.AskAgentAsync(parsed.GetValue(options.Socket)!, new(LocalAsk.TakeBack), cancellationToken);
            return options.Show(
                parsed, reply, LocalJson.Default.LocalReply,
                $"Taken back: this desktop is {reply.Status?.State ?? "yours"}. You count as having been active now; 'snooze' keeps it "
                + "from being lent for longer.");
        });
}
