using Opportunism.Cli.Commands;
using Opportunism.Workshop;

var world = CliWorld.Real();
return await CommandList.InvokeAsync(WorkshopCommands.Root(world), world, args);
