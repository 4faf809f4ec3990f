using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>node drain</c>: empties a node and keeps it empty.</summary>
internal static class NodeDrainCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        return options.ForSite(new Command("drain", "Empty a node and keep it empty.") { node }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.DrainNodeAsync(parsed.GetValue(node)!, cancellationToken);
            var leave = view.Guests.Count == 1 ? "1 guest leaves" : $"{view.Guests.Count} guests leave";
            return options.Show(
                parsed, view, SiteJson.Default.NodeView, $"{view.Id} is drained: {leave}, and no VM is placed there.");
        });
    }
}
