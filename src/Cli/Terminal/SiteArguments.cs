using System.CommandLine;

namespace Opportunism.Cli.Terminal;

/// <summary>Arguments and options of commands about a site's nodes and VMs.</summary>
internal static class SiteArguments
{
    public static Argument<string> Node() => new("node") { Description = "The node's name." };

    public static Argument<string> Vm() => new("vm") { Description = "The VM's name or id." };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask." };
}
