using System.Globalization;
using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>Chooses nodes for waiting VMs. Pure: first come first served, best fit.</summary>
/// <remarks>A later VM may overtake an earlier one only onto a node that could not hold the earlier one even if it were empty: so no VM
/// waits behind another for a node that the other could never get, and none waits for ever because smaller ones keep coming
/// (docs/decisions/0017-placement-order.md).</remarks>
public static class Placement
{
    /// <summary>The result for one waiting VM: its node, or why it waits.</summary>
    public readonly record struct Choice(GuestId Guest, NodeId? Node, string Why);

    /// <summary>The results for a queue, in its order. <paramref name="barred"/> contains the nodes that still have files of a
    /// guest.</summary>
    public static IReadOnlyList<Choice> For(
        IReadOnlyList<GuestSpec> queue, IReadOnlyList<PlacementHost> hosts, IReadOnlySet<(GuestId Guest, NodeId Node)> barred)
    {
        var free = hosts.ToDictionary(host => host.Node, host => host.Free);
        var guests = hosts.ToDictionary(host => host.Node, host => host.Guests);
        var waiting = new List<GuestSpec>();
        var choices = new List<Choice>(queue.Count);
        foreach (var guest in queue)
        {
            var best = hosts
                .Where(
                    host => host.Takes && guests[host.Node] < GuestSpec.MostOnANode && Fits(guest, free[host.Node])
                        && !barred.Contains((guest.Id, host.Node)) && !waiting.Exists(earlier => Fits(earlier, host.Whole)))
                .OrderBy(host => free[host.Node].MemoryMiB)
                .ThenBy(host => free[host.Node].Vcpus)
                .ThenBy(host => host.Node.Value, StringComparer.Ordinal)
                .Select(host => (NodeId?)host.Node)
                .FirstOrDefault();
            if (best is { } node)
            {
                var left = free[node];
                free[node] = new(left.Vcpus - guest.Vcpus, left.MemoryMiB - guest.MemoryMiB, left.DiskMiB - guest.DiskMiB);
                guests[node]++;
                choices.Add(new(guest.Id, node, ""));
            }
            else
            {
                choices.Add(new(guest.Id, null, WhyItWaits(guest, hosts, free, guests, waiting)));
                waiting.Add(guest);
            }
        }

        return choices;
    }

    private static bool Fits(GuestSpec guest, NodeCapacity room) =>
        guest.Vcpus <= room.Vcpus && guest.MemoryMiB <= room.MemoryMiB && guest.DiskMiB <= room.DiskMiB;

    private static string WhyItWaits(
        GuestSpec guest, IReadOnlyList<PlacementHost> hosts, Dictionary<NodeId, NodeCapacity> free, Dictionary<NodeId, int> guests,
        List<GuestSpec> waiting)
    {
        var need =
            string.Create(CultureInfo.InvariantCulture, $"{guest.Vcpus} vCPU, {guest.MemoryMiB} MiB memory and {guest.DiskMiB} MiB disk");
        var open = hosts.Where(host => host.Takes).ToList();
        if (hosts.Count == 0) return "no node is enrolled yet";
        if (!hosts.Any(host => Fits(guest, host.Whole))) return $"no node is large enough: it needs {need}";
        if (open.Count == 0) return "no node is available; 'opportunism nodes' shows why each is not";
        if (open.All(host => guests[host.Node] >= GuestSpec.MostOnANode))
            return $"each available node has {GuestSpec.MostOnANode} guests, which is the most";
        if (open.Any(host => Fits(guest, free[host.Node])))
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{waiting.Count} VM{(waiting.Count == 1 ? " that came" : "s that came")} before it "
                + $"wait{(waiting.Count == 1 ? "s" : "")} too");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(open.Count == 1 ? "the one available node has" : $"none of the {open.Count} available nodes has")} "
            + $"{(open.Count == 1 ? "no " : "")}room for it: it needs {need}");
    }
}
