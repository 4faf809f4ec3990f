using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>node undrain</c>: ends a drain.</summary>
internal static class NodeUndrainCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        return options.ForSite(
            new Command("undrain", "End the drain of a node.") { node }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.UndrainNodeAsync(parsed.GetValue(node)!, cancellationToken);
            return options.Show(
                parsed, view, SiteJson.Default.NodeView,
                $"{view.Id} is no longer drained; 'opportunism node show {view.Id}' shows what else prevents lending.");
        });
    }
}
