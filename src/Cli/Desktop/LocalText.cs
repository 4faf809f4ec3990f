using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Desktop;

/// <summary>Shows replies of this desktop's agent.</summary>
internal static class LocalText
{
    public static void Write(CliWorld world, LocalStatus status)
    {
        world.Console.Write(TextTable.Of(
            ("this desktop", status.Node ?? "not enrolled"),
            ("state", status.State),
            ("last change", $"{Words.Since(status.Since, world.Time)} ago: {status.Reason}"),
            ("owner quiet for", Words.Lasting(TimeSpan.FromSeconds(status.QuietSeconds))),
            LastSeen(status),
            ("snoozed until", status.SnoozedUntil is { } until ? Words.At(until, world.Time) : ""),
            ("site", status.Site is { } site ? $"{site} ({Connection(status)})" : ""),
            ("agent", status.AgentVersion),
            ("last freeze", status.LastFreeze is { } freeze
                ? $"{Words.Count(freeze.Guests, "guest")} still after {freeze.StillMs:0.00} ms by {freeze.Brake}, "
                + $"{freeze.LeakedCpuMs:0.00} ms of CPU leaked, {Words.Since(freeze.At, world.Time)} ago"
                : "")));
        WriteObstacles(world, status);
        WriteWatchers(world, status);
        var guests = TextTable.With("guest", "phase", "memory", "why");
        foreach (var guest in status.Guests)
            guests.Row(guest.Name.Length > 0 ? guest.Name : guest.Id, guest.Phase, Words.MiB(guest.MemoryMiB), guest.Sentence);
        if (guests.Rows.Count > 0) world.Console.Write(guests);
        HealthText.Write(world, status.Health.Select(item => (item.Severity, item.Sentence, item.Remedy)));
    }

    public static (string Name, string Value) LastSeen(LocalStatus status) =>
        ("owner last seen by", status.LastSeen.Length > 0 ? status.LastSeen : "no monitor since one began to watch");

    public static void WriteObstacles(CliWorld world, LocalStatus status) =>
        ObstacleText.Write(world, status.Obstacles.Select(obstacle => (obstacle.Sentence, obstacle.Remedy)));

    public static void WriteWatchers(CliWorld world, LocalStatus status)
    {
        var monitors = TextTable.With("monitor", "sees", "sources", "what");
        foreach (var monitor in status.Monitors)
            monitors.Row(monitor.Name, monitor.Ok ? "yes" : "BLIND", $"{monitor.Sources}", monitor.Sentence);
        if (monitors.Rows.Count > 0) world.Console.Write(monitors);
        var conditions = TextTable.With("condition", "holds", "what");
        foreach (var condition in status.Conditions) conditions.Row(condition.Name, condition.Ok ? "yes" : "no", condition.Sentence);
        if (conditions.Rows.Count > 0) world.Console.Write(conditions);
    }

    private static string Connection(LocalStatus status) =>
        status.SiteConnected ? "connected" : status.SiteProblem.Length > 0 ? $"not connected: {status.SiteProblem}" : "not connected";
}
