using System.CommandLine;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Commands;

/// <summary><c>status</c>: this desktop where it has an agent, and the site where one is known.</summary>
internal static class StatusCommand
{
    public static Command Create(CliOptions options) =>
        options.ForDesktop(new Command("status", "This desktop's state and the site at a glance."), (parsed, cancellationToken) => RunAsync(options, parsed, cancellationToken));

    private static async Task<int> RunAsync(CliOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        var world = options.World;
        var socket = parsed.GetValue(options.Socket)!;
        var hasAgent = new LocalAgent(socket).Exists;
        var siteFile = SiteAddress.File(parsed.GetValue(options.Site), world);
        if (!hasAgent && siteFile is null) throw new CliFailure(ExitCode.NotConnected, $"There is no agent on this desktop ({socket}) and no site is known: give --site FILE, or set {SiteAddress.SiteVariable}.");

        var agent = hasAgent ? (await CliWorld.AskAgentAsync(socket, new(LocalAsk.Status), cancellationToken).ConfigureAwait(false)).Status : null;
        SiteStatus? site = null;
        if (siteFile is not null)
        {
            using var client = options.Open(parsed);
            site = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
        }

        return options.Show(parsed, new BothStatus(agent, site), CliJson.Default.BothStatus, () =>
        {
            if (agent is not null) LocalText.Write(world, agent);
            if (site is not null) Write(world, site);
        });
    }

    private static void Write(CliWorld world, SiteStatus site)
    {
        world.Console.Write(TextTable.Of(
            ("site", $"{site.Cloud}, controller {site.Version}, up for {Words.Since(site.Started, world.Time)}"),
            ("nodes", $"{site.Nodes}, {site.NodesOpen} open{Counted(site.NodesByState)}"),
            ("vms", $"{site.Vms}{Counted(site.VmsByStatus)}"),
            ("you are", site.Role.ToString()),
            ("waits", string.Join('\n', site.Pending))));
        HealthText.Write(world, site.Health.Select(item => (item.Severity, item.Sentence, item.Remedy)));
    }

    private static string Counted(IReadOnlyDictionary<string, int> counts) => counts.Count == 0 ? "" : $" ({string.Join(", ", counts.Where(count => count.Value > 0).Select(count => $"{count.Value} {count.Key}"))})";
}
