using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary><c>node snooze</c>: the operator's "not today" for a node.</summary>
internal static class NodeSnoozeCommand
{
    public static Command Create(CliOptions options)
    {
        var node = SiteArguments.Node();
        var times = new SnoozeTimes();
        var command = new Command("snooze", "Do not lend a node for a while; until midnight by default.") { node };
        times.AddTo(command, options.World.Time);
        return options.ForSite(command, async (parsed, site, cancellationToken) =>
        {
            var until = times.Until(parsed, options.World.Time);
            var view = await site.SnoozeNodeAsync(parsed.GetValue(node)!, until, cancellationToken);
            var sentence = until is { } at
                ? $"{view.Id} is not lent until {Words.At(at, options.World.Time)}."
                : $"The operator's snooze of {view.Id} is ended; 'opportunism node show {view.Id}' shows what else prevents lending.";
            return options.Show(parsed, view, SiteJson.Default.NodeView, sentence);
        });
    }
}
