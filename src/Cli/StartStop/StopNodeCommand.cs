using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary><c>stop-node</c>: closes a compute host and then empties it, without a controller; for hooks that notice the owner.</summary>
internal static class StopNodeCommand
{
    public const string Name = "stop-node";

    public static Command Create(CliOptions options)
    {
        var reason = new Option<string>("--reason")
        {
            Description = "Why, as shown in Nova.",
            DefaultValueFactory = _ => "stop-node was run",
            HelpName = "TEXT",
        };
        var command = new Command(
            Name,
            "Without a controller, for hooks: close a compute host in Nova, then get every server off it. Safe to repeat and to "
            + "interrupt.") { reason };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(reason) is { } text && string.IsNullOrWhiteSpace(text))
                parsed.AddError("--reason is empty; a reason is required, which Nova shows.");
        });
        return new SwitchCommand(options)
            .Complete(command, StartNodeCommand.Name, parsed => new HostTarget(Open: false, Empty: true, parsed.GetValue(reason)!));
    }
}
