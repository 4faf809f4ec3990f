using System.CommandLine;
using System.CommandLine.Help;
using Opportunism.Cli.Desktop;
using Opportunism.Cli.Events;
using Opportunism.Cli.Images;
using Opportunism.Cli.Nodes;
using Opportunism.Cli.OpenStack;
using Opportunism.Cli.StartStop;
using Opportunism.Cli.Terminal;
using Opportunism.Cli.Tokens;
using Opportunism.Cli.Vms;

namespace Opportunism.Cli;

/// <summary>Every command that calls a site, this desktop's agent or a cloud. A new one is one line here.</summary>
internal static class CommandList
{
    // An interrupted command finishes what it has begun: a partly started lab needs a minute for that.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(3);

    /// <summary>In front of other arguments: only reports what is wrong with them, and runs nothing.</summary>
    public const string CheckWords = "[check]";

    /// <summary>Every command with the global options, and the commands that only one program has.</summary>
    /// <param name="world">Console, clock and connections that commands use.</param>
    /// <param name="own">Commands that only the calling program has; help lists them first.</param>
    public static RootCommand Root(CliWorld world, params IEnumerable<Command> own)
    {
        var root = new RootCommand("Turns idle desktops into nodes of a private cloud.");
        foreach (var command in own) root.Subcommands.Add(command);
        var options = new CliOptions(world);
        var help = root.Options.OfType<HelpOption>().Single();
        if (help.Action is HelpAction plain) help.Action = new NamedHelp(plain);
        root.Options.Add(options.Site);
        root.Options.Add(options.Socket);
        root.Subcommands.Add(StatusCommand.Create(options));
        root.Subcommands.Add(SnoozeCommand.Create(options));
        root.Subcommands.Add(TakeBackCommand.Create(options));
        root.Subcommands.Add(DoctorCommand.Create(options));
        root.Subcommands.Add(NodesCommand.Create(options));
        root.Subcommands.Add(new Command("node", "Look at or change one node.")
        {
            NodeShowCommand.Create(options),
            NodeSnoozeCommand.Create(options),
            NodeDrainCommand.Create(options),
            NodeUndrainCommand.Create(options),
            NodeRevokeCommand.Create(options),
        });
        root.Subcommands.Add(new Command("vm", "Virtual machines.")
        {
            VmCreateCommand.Create(options),
            VmListCommand.Create(options),
            VmShowCommand.Create(options),
            VmConsoleCommand.Create(options),
            VmStopCommand.Create(options),
            VmStartCommand.Create(options),
            VmDeleteCommand.Create(options),
        });
        root.Subcommands.Add(new Command("image", "Images that virtual machines start from.")
        {
            ImageUploadCommand.Create(options),
            ImageListCommand.Create(options),
            ImageDeleteCommand.Create(options),
        });
        root.Subcommands.Add(EventsCommand.Create(options));
        root.Subcommands.Add(WatchCommand.Create(options));
        root.Subcommands.Add(new Command("token", "Tokens for desktops that join and for people.")
        {
            TokenCreateCommand.Create(options),
            TokenListCommand.Create(options),
            TokenRevokeCommand.Create(options),
        });
        root.Subcommands.Add(new Command("openstack", "The OpenStack cloud that a site serves.") { OpenStackCheckCommand.Create(options) });
        root.Subcommands.Add(StartNodeCommand.Create(options));
        root.Subcommands.Add(StopNodeCommand.Create(options));
        root.Subcommands.Add(CompletionCommand.Create(options));
        return root;
    }

    /// <summary>Parses and runs; invalid arguments end with <see cref="ExitCode.Usage"/>.</summary>
    public static async Task<int> InvokeAsync(
        RootCommand root, CliWorld world, string[] args, CancellationToken cancellationToken = default)
    {
        // The launcher checks the arguments so before it installs and builds what the command needs.
        if (args is [CheckWords, .. var words])
        {
            var judged = root.Parse(words);
            return judged.Errors.Count == 0 ? ExitCode.Done : await InvokeAsync(root, world, words, cancellationToken);
        }

        var parsed = root.Parse(args);
        var exit = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = world.Output, Error = world.Error, ProcessTerminationTimeout = EndsWithin },
            cancellationToken);
        // Help is no error, also where a required argument is missing.
        return parsed.Errors.Count > 0 && parsed.Action is not NamedHelp ? ExitCode.Usage : exit;
    }
}
