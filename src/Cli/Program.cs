using Opportunism.Cli.Commands;

var world = CliWorld.Real();
return await CommandList.InvokeAsync(CommandList.Root(world), world, args);
