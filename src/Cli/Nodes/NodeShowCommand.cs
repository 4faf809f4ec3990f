using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>node show</c>: all data about a node.</summary>
internal static class NodeShowCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        return options.ForSite(new Command("show", "Show one node in full.") { node }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.NodeAsync(parsed.GetValue(node)!, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.NodeView, () => NodeText.Write(options.World, view));
        });
    }
}
