using Opportunism.Cli;
using Opportunism.Cli.Terminal;

var world = CliWorld.Real();
return await CommandList.InvokeAsync(CommandList.Root(world), world, args);
