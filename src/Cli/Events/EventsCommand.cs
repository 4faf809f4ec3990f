using System.CommandLine;
using System.Text.Json;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Events;

/// <summary><c>events</c>: the site's events.</summary>
internal static class EventsCommand
{
    private const string Indent = "    ";

    public static Command Create(CliOptions options)
    {
        var take = NumberOption.Create("--last", "How many of the newest.", normally: 50, least: 1, most: 1000, helpName: "N");
        var follow = new Option<bool>("--follow", "-f")
        {
            Description = "Print new events as they come, until Ctrl-C; with --json one object a line.",
        };
        return options.ForSite(
            new Command("events", "Show what happened at the site.") { take, follow }, async (parsed, site, cancellationToken) =>
        {
            var events = await site.EventsAsync(0, parsed.GetValue(take), cancellationToken);
            if (!parsed.GetValue(follow))
            {
                return options.Show(parsed, events, SiteJson.Default.IReadOnlyListEventView, () =>
                {
                    foreach (var one in events) Write(options, parsed, one);
                });
            }

            foreach (var one in events) Write(options, parsed, one);
            return await CliWorld.FollowAsync(async () =>
            {
                await foreach (
                    var one in site.WatchEventsAsync(
                        events.Count > 0 ? events[^1].Id : -1, options.World.Time, cancellationToken)) Write(options,
                    parsed, one);
            }, cancellationToken);
        });
    }

    /// <summary>Writes one event as one line.</summary>
    public static void Write(CliOptions options, ParseResult parsed, EventView one)
    {
        var time = TimeZoneInfo.ConvertTime(one.At, options.World.Time.LocalTimeZone);
        var about = one.Vm is null ? one.Node ?? "" : one.Node is null ? one.Vm : $"{one.Node} {one.Vm}";
        options.World.Output.WriteLine(parsed.GetValue(options.Json)
            ? JsonSerializer.Serialize(one, SiteJson.Default.EventView)
            : Fitted(
                ConsoleText.Safe($"{time:yyyy-MM-dd HH:mm:ss}  {one.Severity,-7}  {one.Kind,-14}  {about}"), ConsoleText.Safe(one.Sentence),
                options.World.Console.Profile.Width));
        options.World.Output.Flush();
    }

    // One line; on a terminal that is too narrow the sentence follows on the next lines, indented.
    private static string Fitted(string what, string sentence, int width) => what.Length + 2 + sentence.Length <= width
        ? $"{what}  {sentence}"
        : string.Join(
            Environment.NewLine,
            [.. TextTable.Lines(what.TrimEnd(), width), .. TextTable.Lines(sentence, width - Indent.Length).Select(line => Indent + line)]);
}
