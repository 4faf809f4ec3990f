using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>node revoke</c>: revokes a node's credential, so that it can never report again.</summary>
internal static class NodeRevokeCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        var yes = SiteArguments.Yes();
        return options.ForSite(
            new Command(
                "revoke",
                "Revoke a node's credential: its agent is disconnected and its VMs count as lost. This cannot be undone.") { node, yes },
            async (parsed, site, cancellationToken) =>
        {
            var name = parsed.GetValue(node)!;
            if (!await Confirmation.AsksAsync(
                options.World, parsed.GetValue(yes), $"Revoke {name}? It must be enrolled again to be used.", cancellationToken))
                return ExitCode.Failed;
            var view = await site.RevokeNodeAsync(name, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.NodeView, $"{view.Id} is revoked.");
        });
    }
}
