using System.Collections.Immutable;
using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Clouds.Embedded;

/// <summary>A change of the embedded cloud while it is made: starts as the current state, ends as the next one. One thread, never
/// kept.</summary>
internal sealed class Draft(EmbeddedState before, ImmutableDictionary<NodeId, NodeObservation> nodes, DateTimeOffset now)
{
    private ImmutableDictionary<GuestId, Vm> vms = before.Vms;
    private ImmutableDictionary<NodeId, EmbeddedHost> hosts = before.Hosts;
    private ImmutableList<Leftover> leftovers = before.Leftovers;

    public DateTimeOffset Now => now;

    public long Revision => before.Revision + 1;

    public ImmutableDictionary<NodeId, NodeObservation> Nodes { get; private set; } = nodes;

    public Vm? Find(GuestId id) => vms.GetValueOrDefault(id);

    public IEnumerable<Vm> All => vms.Values;

    public bool IsOpen(NodeId node) => hosts.GetValueOrDefault(node) is { Open: true };

    public IEnumerable<Vm> On(NodeId node) => vms.Values.Where(vm => vm.Node == node);

    public NodeObservation? Observed(NodeId node) => Nodes.GetValueOrDefault(node);

    public void Put(Vm vm) => vms = vms.SetItem(vm.Id, vm);

    public void Put(EmbeddedHost host) => hosts = hosts.SetItem(host.Node, host);

    public void Put(NodeObservation node) => Nodes = Nodes.SetItem(node.Node, node);

    /// <summary>Takes a VM off its node and adds a leftover, so that the node deletes its files.</summary>
    public void Leave(Vm vm, Vm after, bool mayRun)
    {
        AddLeftover(vm, vm.Node!.Value, mayRun);
        Put(after);
    }

    public void AddLeftover(Vm vm, NodeId node, bool mayRun)
    {
        if (leftovers.Exists(old => old.Id == vm.Id && old.Node == node)) return;
        leftovers = leftovers.Add(new(vm.Spec, node, Revision, vm.Generation + 1, mayRun));
    }

    /// <summary>Applies a node's report: its VMs, what it has deleted, what it should not have.</summary>
    public void Observe(NodeObservation node)
    {
        Put(node);
        if (node.Lost || node.Revoked)
        {
            // No node can confirm now; the tenant need not wait for it.
            foreach (var vm in On(node.Node).Where(vm => vm.Wish is Core.Guests.GuestWish.Gone).ToList())
            {
                Leave(vm, VmRules.Ended(vm, vm.Terminating ? VmEnd.Terminated : VmEnd.Deleted, now), mayRun: false);
            }

            return;
        }

        foreach (var vm in On(node.Node).ToList())
        {
            var after = VmRules.Observed(vm, node, now);
            if (VmRules.HasLeft(after, node)) Leave(after, VmRules.OffItsNode(after, now), mayRun: false);
            else Put(after);
        }

        leftovers = leftovers.RemoveAll(
            old => old.Node == node.Node && node.Revision >= old.Revision && node.Guests.All(guest => guest.Id != old.Id));
        foreach (var guest in node.Guests)
        {
            if (Find(guest.Id) is not { } vm || vm.Node == node.Node) continue;

            // Its desktop was revoked and enrolled again, under another name: this is the VM's only copy.
            if (vm.Node is { } former && Observed(former) is { Revoked: true })
                Put(VmRules.Observed(VmRules.Found(vm, node.Node, Revision), node, now));

            // The node is back with a guest that has been moved or deleted meanwhile.
            else AddLeftover(vm, node.Node, mayRun: false);
        }
    }

    /// <summary>Places waiting VMs and sets for every VM the status that its tenant sees.</summary>
    public EmbeddedState Finish(TimeSpan keepDeleted)
    {
        PlaceQueue();
        foreach (var vm in vms.Values)
        {
            if (vm.End is not VmEnd.None && vm.Ended + keepDeleted < now)
            {
                vms = vms.Remove(vm.Id);
                continue;
            }

            var (status, why) = VmRules.StatusOf(vm, vm.Node is { } node ? Observed(node) : null);
            if (status != vm.Status || why != vm.Why)
                Put(vm with { Status = status, Why = why, Since = status != vm.Status ? now : vm.Since });
        }

        return before with { Revision = Revision, Vms = vms, Hosts = hosts, Leftovers = leftovers };
    }

    private void PlaceQueue()
    {
        var queue = vms.Values.Where(vm => vm.IsQueued).OrderBy(vm => vm.Queued).ThenBy(vm => vm.Created)
            .ThenBy(vm => vm.Id.Value, StringComparer.Ordinal).ToList();
        if (queue.Count == 0) return;
        foreach (var vm in queue.ToList())
        {
            if (leftovers.Find(old => old.Id == vm.Id && old.MayRun) is not { } old) continue;
            queue.Remove(vm);
            Put(vm with { Why = $"waiting for node {old.Node} to confirm that it does not run this VM" });
        }

        var barred = leftovers.Select(old => (old.Id, old.Node)).ToHashSet();
        foreach (var choice in Placement.For(queue.ConvertAll(vm => vm.Spec), Hosts(), barred))
        {
            var vm = vms[choice.Guest];
            Put(choice.Node is { } node ? VmRules.Placed(vm, node, Revision) : vm with { Why = choice.Why });
        }
    }

    private List<PlacementHost> Hosts() =>
    [
        .. Nodes.Values.Where(node => node is { Revoked: false, Capacity: not null }).Select(node =>
        {
            var whole = node.Capacity!.Value;
            var room = new NodeCapacity(whole.Vcpus, whole.MemoryMiB, whole.DiskMiB);
            foreach (var vm in On(node.Node))
            {
                // A disk that is there already is not part of the free space that the node reports.
                if (vm.StartedHere) whole = whole with { DiskMiB = whole.DiskMiB + vm.Spec.DiskMiB };
                room = new(
                    room.Vcpus - vm.Spec.Vcpus, room.MemoryMiB - vm.Spec.MemoryMiB, room.DiskMiB - (vm.StartedHere ? 0 : vm.Spec.DiskMiB));
            }

            foreach (var old in leftovers.Where(old => old.Node == node.Node))
                room = new(room.Vcpus - old.Spec.Vcpus, room.MemoryMiB - old.Spec.MemoryMiB, room.DiskMiB);
            return new PlacementHost(
                node.Node, node is { State: NodeState.Available, Lost: false } && IsOpen(node.Node), whole, room,
                On(node.Node).Count() + leftovers.Count(old => old.Node == node.Node));
        }),
    ];
}
