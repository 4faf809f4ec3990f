using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>nodes</c>: every desktop of the site.</summary>
internal static class NodesCommand
{
    public static Command Create(CliOptions options) =>
        options.ForSite(new Command("nodes", "List the site's nodes."), async (parsed, site, cancellationToken) =>
        {
            var nodes = await site.NodesAsync(cancellationToken);
            return options.Show(
                parsed, nodes, SiteJson.Default.IReadOnlyListNodeView,
                () => options.World.Console.Show(NodeText.Table(nodes, options.World.Time),
                "No node is enrolled. 'opportunism token create' lets one join."));
        });
}
