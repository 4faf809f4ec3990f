using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary><c>start-node</c>: opens a compute host and brings back what was evicted there, without a controller; for hooks that notice
/// that the owner has left.</summary>
internal static class StartNodeCommand
{
    public const string Name = "start-node";

    public static Command Create(CliOptions options) =>
        new SwitchCommand(options).Complete(
            new Command(
                Name,
                "Without a controller, for hooks: open a compute host in Nova, then bring back what stop-node got off it. Safe to repeat "
                + "and to interrupt."),
            StopNodeCommand.Name,
            _ => new HostTarget(Open: true, Empty: false, ""));
}
