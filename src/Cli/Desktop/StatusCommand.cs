using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Desktop;

/// <summary><c>status</c>: this desktop where it has an agent, and the site where one is configured.</summary>
internal static class StatusCommand
{
    public static Command Create(CliOptions options) =>
        options.ForDesktop(
            new Command("status", "This desktop's state and a summary of the site."),
            (parsed, cancellationToken) => RunAsync(options, parsed, cancellationToken));

    private static async Task<int> RunAsync(CliOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        var world = options.World;
        var socket = parsed.GetValue(options.Socket)!;
        var hasAgent = new LocalAgent(socket).Exists;
        var siteFile = SiteAddress.File(parsed.GetValue(options.Site), world);
        if (!hasAgent && siteFile is null)
            throw new CliFailure(
                ExitCode.NotConnected,
                $"There is no agent on this desktop ({socket}) and no site is known: give --site FILE, or set {SiteAddress.SiteVariable}.");

        // Each half is shown without the other: one that is unreachable must not hide the other.
        var exit = ExitCode.Done;
        var agent = hasAgent
            ? await HalfAsync(async () => (await world.AskAgentAsync(socket, new(LocalAsk.Status), cancellationToken)).Status)
            : null;
        var site = siteFile is null ? null : await HalfAsync(async () =>
        {
            using var client = options.Open(parsed);
            return await client.StatusAsync(cancellationToken);
        });
        if (agent is null && site is null) return exit;
        options.Show(parsed, new BothStatus(agent, site), CliJson.Default.BothStatus, () =>
        {
            if (agent is not null) LocalText.Write(world, agent);
            if (site is not null) Write(world, site);
        });
        return exit;

        async Task<T?> HalfAsync<T>(Func<Task<T?>> ask)
            where T : class
        {
            T? half = null;
            var asked = await world.RunAsync(
                async () =>
                {
                    half = await ask();
                    return ExitCode.Done;
                },
                CancellationToken.None);
            if (exit == ExitCode.Done) exit = asked;
            return half;
        }
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

    private static string Counted(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0
        ? ""
        : $" ({string.Join(", ", counts.Where(count => count.Value > 0).Select(count => $"{count.Value} {count.Key}"))})";
}
