using System.CommandLine;
using Opportunism.Cli.Commands;
using Opportunism.Cli.Try;
using Opportunism.Cli.Up;

var root = new RootCommand("Turns idle desktops into nodes of a private cloud.");
if (OperatingSystem.IsLinux())
{
    root.Subcommands.Add(TryCommand.Create());
    root.Subcommands.Add(UpCommand.Create());
}

var world = CliWorld.Real();
CommandList.AddTo(root, world);
return await CommandList.InvokeAsync(root, world, args);
