using System.CommandLine;
using Opportunism.Cli.Nodes;
using Opportunism.Cli.Terminal;
using Opportunism.Cli.Vms;
using Opportunism.Contracts.Api;
using Spectre.Console;

namespace Opportunism.Cli.Events;

/// <summary><c>watch</c>: nodes and VMs in a table that changes in place; in a pipe the events, one per line.</summary>
internal static class WatchCommand
{
    // How often durations in the table are updated; an event is shown at once.
    private static readonly TimeSpan RefreshesEvery = TimeSpan.FromSeconds(2);

    public static Command Create(CliOptions options) =>
        options.ForSite(
            new Command("watch", "Show nodes and VMs as they change, until Ctrl-C."),
            (parsed, site, cancellationToken) => CliWorld.FollowAsync(() => WatchAsync(options, parsed, site, cancellationToken),
            cancellationToken));

    private static async Task WatchAsync(CliOptions options, ParseResult parsed, SiteClient site, CancellationToken cancellationToken)
    {
        var world = options.World;
        if (parsed.GetValue(options.Json) || !world.Console.Profile.Capabilities.Interactive)
        {
            await foreach (var one in site.WatchEventsAsync(-1, world.Time, cancellationToken)) EventsCommand.Write(options, parsed, one);
            return;
        }

        await world.Console.Live(new Rows()).StartAsync(async live =>
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await using var events = site.WatchEventsAsync(-1, world.Time, end.Token).GetAsyncEnumerator(end.Token);
            var next = events.MoveNextAsync().AsTask();
            try
            {
                var last = "";
                while (true)
                {
                    var nodes = await site.NodesAsync(end.Token);
                    var vms = await site.VmsAsync(false, end.Token);
                    live.UpdateTarget(new Rows(NodeText.Table(nodes, world.Time), VmText.Table(vms, world.Time), new Text(last)));
                    if (await Task.WhenAny(next, Task.Delay(RefreshesEvery, world.Time, end.Token)) != next) continue;
                    if (!await next) return;
                    last = ConsoleText.Safe(events.Current.Sentence);
                    next = events.MoveNextAsync().AsTask();
                }
            }
            finally
            {
                // An enumerator whose MoveNext is still pending cannot be disposed.
                await end.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }
}
