using System.CommandLine;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Workshop.Lab;
using Opportunism.Workshop.Try;
using Opportunism.Workshop.Up;

namespace Opportunism.Workshop;

/// <summary>The command line of a clone: every command for tenants and operators, and those that run a whole site here.</summary>
internal static class WorkshopCommands
{
    /// <summary>All of them, ready to be invoked.</summary>
    public static RootCommand Root(CliWorld world)
    {
        List<Command> own = [];
        if (OperatingSystem.IsLinux())
        {
            own.Add(TryCommand.Create());
            own.Add(UpCommand.Create());
            own.Add(LabCommand.Create(world));
        }

        return CommandList.Root(world, own);
    }
}
