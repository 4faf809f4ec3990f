using System.CommandLine;
using Opportunism.Contracts.Api;
using Spectre.Console;

namespace Opportunism.Cli.Commands;

/// <summary><c>watch</c>: nodes and VMs in a table that changes in place; in a pipe the events, one a line.</summary>
internal static class WatchCommand
{
    // Times in the table grow by themselves; an event shows at once.
    private static readonly TimeSpan RefreshesEvery = TimeSpan.FromSeconds(2);

    public static Command Create(CliOptions options) =>
        options.ForSite(
            new Command("watch", "Show nodes and VMs as they change, until Ctrl-C."),
            (parsed, site, cancellationToken) => CliWorld.FollowAsync(() => WatchAsync(options, parsed, site, cancellationToken), cancellationToken));

    private static async Task WatchAsync(CliOptions options, ParseResult parsed, SiteClient site, CancellationToken cancellationToken)
    {
        var world = options.World;
        if (parsed.GetValue(options.Json) || !world.Console.Profile.Capabilities.Interactive)
        {
            await foreach (var one in site.WatchEventsAsync(-1, world.Time, cancellationToken).ConfigureAwait(false)) EventsCommand.Write(options, parsed, one);
            return;
        }

        await world.Console.Live(new Rows()).StartAsync(async live =>
        {
            await using var events = site.WatchEventsAsync(-1, world.Time, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var next = events.MoveNextAsync().AsTask();
            var last = "";
            while (true)
            {
                var nodes = await site.NodesAsync(cancellationToken).ConfigureAwait(false);
                var vms = await site.VmsAsync(false, cancellationToken).ConfigureAwait(false);
                live.UpdateTarget(new Rows(NodeText.Table(nodes, world.Time), VmText.Table(vms, world.Time), new Text(last)));
                if (await Task.WhenAny(next, Task.Delay(RefreshesEvery, world.Time, cancellationToken)).ConfigureAwait(false) != next) continue;
                if (!await next.ConfigureAwait(false)) return;
                last = ConsoleText.Safe(events.Current.Sentence);
                next = events.MoveNextAsync().AsTask();
            }
        }).ConfigureAwait(false);
    }
}
