using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Workshop;

var world = CliWorld.Real();
return await CommandList.InvokeAsync(WorkshopCommands.Root(world), world, args);
