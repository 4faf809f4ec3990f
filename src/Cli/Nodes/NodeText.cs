using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Nodes;

/// <summary>How nodes are shown.</summary>
internal static class NodeText
{
    /// <summary>One word: lost and revoked come before the agent's state.</summary>
    public static string State(NodeView node) => node.Revoked ? "Revoked" : node.Lost ? "Lost" : node.State?.ToString() ?? "Unknown";

    public static TextTable Table(IEnumerable<NodeView> nodes, TimeProvider time)
    {
        // Most sites have one cloud: then the table has no column for it.
        var all = nodes.ToList();
        var several = all.Select(node => node.Cloud).Distinct().Count() > 1;
        var table = TextTable.With([.. several ? (string[])["node", "cloud"] : ["node"], "state", "for", "open", "guests", "lends", "why"]);
        foreach (var node in all)
        {
            var lends = node.Capacity is { } capacity ? $"{Words.Count(capacity.Vcpus, "vcpu")}, {Words.MiB(capacity.MemoryMiB)}" : "-";
            table.Row(
                [
                    .. several ? (string[])[node.Id, node.Cloud] : [node.Id], State(node), Words.Since(node.Since, time),
                    node.Open ? "yes" : "closed", $"{node.Guests.Count}", lends, node.Reason]);
        }

        return table;
    }

    public static void Write(CliWorld world, NodeView node)
    {
        world.Console.Write(TextTable.Of(
            ("node", node.Id),
            ("cloud", node.Cloud),
            ("state", State(node)),
            ("because", node.Reason),
            ("for", Words.Since(node.Since, world.Time)),
            ("open", node.Open ? "yes" : "closed"),
            ("waits", node.Pending ?? ""),
            ("drained", node.Drained ? "by an operator" : ""),
            ("snoozed until", node.SnoozedUntil is { } until ? $"{Words.At(until, world.Time)} (operator)" : ""),
            ("snoozed until", node.OwnerSnoozedUntil is { } owners ? $"{Words.At(owners, world.Time)} (owner)" : ""),
            ("lends",
            node.Capacity is { } room
            ? $"{Words.Count(room.Vcpus, "vcpu")}, {Words.MiB(room.MemoryMiB)} memory, {Words.MiB(room.DiskMiB)} disk, {room.Hypervisor} "
            + $"with {room.Accelerator}"
            : ""),
            ("last freeze",
            node.LastFreeze is { } freeze
            ? $"{Words.Count(freeze.Guests, "guest")} still after {freeze.StillMs:0.00} ms by {freeze.Brake}, {freeze.LeakedCpuMs:0.00} "
            + "ms of CPU leaked"
            : ""),
            ("heard",
                $"{Words.Since(node.LastHeard, world.Time)} ago, enrolled {Words.At(node.Enrolled, world.Time)}, agent "
                + $"{node.AgentVersion}")));
        var watchers = TextTable.With("watches", "ok", "sources", "what");
        foreach (var monitor in node.Monitors)
            watchers.Row(monitor.Name, monitor.Ok ? "yes" : "BLIND", $"{monitor.Sources}", monitor.Sentence);
        foreach (var condition in node.Conditions) watchers.Row(condition.Name, condition.Ok ? "yes" : "no", "", condition.Sentence);
        if (watchers.Rows.Count > 0) world.Console.Write(watchers);
        var guests = TextTable.With("guest", "phase", "for", "why");
        foreach (var guest in node.Guests)
            guests.Row(guest.Name.Length > 0 ? guest.Name : guest.Id, guest.Phase, Words.Since(guest.Since, world.Time), guest.Sentence);
        if (guests.Rows.Count > 0) world.Console.Write(guests);
        ObstacleText.Write(world, node.Obstacles.Select(obstacle => (obstacle.Sentence, obstacle.Remedy)));
        HealthText.Write(world, node.Health.Select(item => (item.Severity, item.Sentence, item.Remedy)));
    }
}
