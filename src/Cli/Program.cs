using System.CommandLine;
using Opportunism.Cli.Commands;
using Opportunism.Cli.Lab;
using Opportunism.Cli.Try;
using Opportunism.Cli.Up;

var world = CliWorld.Real();
var root = new RootCommand("Turns idle desktops into nodes of a private cloud.");
if (OperatingSystem.IsLinux())
{
    root.Subcommands.Add(TryCommand.Create());
    root.Subcommands.Add(UpCommand.Create());
    root.Subcommands.Add(LabCommand.Create(world));
}

CommandList.AddTo(root, world);
return await CommandList.InvokeAsync(root, world, args);
