using System.CommandLine;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Commands;

/// <summary><c>node revoke</c>: a node that must never report again.</summary>
internal static class NodeRevokeCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        var yes = SiteArguments.Yes();
        return options.ForSite(new Command("revoke", "Kill a node's secret for ever: its agent is cut off and its VMs count as lost.") { node, yes }, async (parsed, site, cancellationToken) =>
        {
            var name = parsed.GetValue(node)!;
            if (!await Confirmation.AsksAsync(options.World, parsed.GetValue(yes), $"Revoke {name}? It can only come back by enrolling anew.", cancellationToken)) return ExitCode.Failed;
            var view = await site.RevokeNodeAsync(name, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.NodeView, $"{view.Id} is revoked.");
        });
    }
}
