using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Desktop;

/// <summary><c>doctor</c>: what this desktop's agent can and cannot see, what to do about it, and whether its brake works.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliOptions options) =>
        options.ForDesktop(
            new Command("doctor", "Check this desktop: every monitor, every condition, and the brake on a throw-away process."),
            (parsed, cancellationToken) => RunAsync(options, parsed, cancellationToken));

    private static async Task<int> RunAsync(CliOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        var socket = parsed.GetValue(options.Socket)!;
        if (!new LocalAgent(socket).Exists)
        {
            throw new CliFailure(
                ExitCode.NotConnected,
                $"No agent runs on this desktop: there is no {socket}. Start it (systemctl start opportunism-agent, or 'opportunism "
                + "up'), then ask again. Nothing was tried: only the agent has the rights to look at devices, displays and cgroups.");
        }

        var reply = await options.World.AskAgentAsync(socket, new(LocalAsk.Doctor), cancellationToken);
        options.Show(parsed, reply, LocalJson.Default.LocalReply, () =>
        {
            if (reply.Status is { } status)
            {
                options.World.Console.Write(TextTable.Of(LocalText.LastSeen(status)));
                LocalText.WriteObstacles(options.World, status);
                LocalText.WriteWatchers(options.World, status);
                HealthText.Write(options.World, status.Health.Select(item => (item.Severity, item.Sentence, item.Remedy)));
            }

            var brake = TextTable.With("brake", "works", "still after", "what");
            if (reply.Brake is { } trial) brake.Row("freeze", trial.Ok ? "yes" : "no", $"{trial.StillMs:0.00} ms", trial.Sentence);
            options.World.Console.Show(brake, "The agent did not try its brake.");
            options.World.Output.WriteLine(
                IsWell(reply)
                    ? "No problem found: the owner would be noticed, and guests would be frozen."
                    : "Problems found: see above what to do.");
        });
        return IsWell(reply) ? ExitCode.Done : ExitCode.Failed;
    }

    // A condition that does not hold is normal; a blind monitor and a brake that fails are problems.
    private static bool IsWell(LocalReply reply) =>
        reply is { Status: { } status, Brake.Ok: true } && status.Monitors.All(monitor => monitor.Ok)
            && status.Obstacles.All(obstacle => obstacle.Source != LocalObstacle.NothingToWatch)
            && status.Health.All(item => item.Severity != nameof(Core.Health.HealthSeverity.Error));
}
