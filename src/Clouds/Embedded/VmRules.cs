using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>What a node's report changes about a VM, and what its tenant sees. Pure.</summary>
public static class VmRules
{
    /// <summary>The VM after its own node's report.</summary>
    public static Vm Observed(Vm vm, NodeObservation node, DateTimeOffset now)
    {
        var seen = node.Guests.FirstOrDefault(guest => guest.Id == vm.Id);
        var knowsWish = node.Revision >= vm.Revision;
        vm = vm with { Seen = seen };
        if (vm.Wish is GuestWish.Gone)
        {
            return seen is null && knowsWish ? Ended(vm, vm.Terminating ? VmEnd.Terminated : VmEnd.Deleted, now) : vm;
        }

        // The agent evicts by the policy in its plan, so it may begin to hand over before the site has requested it.
        if (seen?.Phase is GuestPhase.Leaving or GuestPhase.HandedOver) return vm with { Moving = true, StartedHere = true };

        // It removes the guest once it has handed it over; the report of that may have been lost.
        if (vm.Moving && seen is null && knowsWish && vm.StartedHere) return vm;
        if (seen is { Phase: not GuestPhase.Preparing } && !vm.Moving)
            return vm with { StartedHere = true, StoredSha256 = "", StoredBytes = 0 };
        return vm;
    }

    /// <summary>True when the site has its node's disk and nothing of it runs there any more, so that it may be placed elsewhere.</summary>
    public static bool HasLeft(Vm vm, NodeObservation node) => vm is { Moving: true, Wish: GuestWish.HandedOver, StoredSha256.Length: > 0 }
        && (
            vm.Seen is { Phase: GuestPhase.HandedOver } seen
                ? seen.DiskSha256 == vm.StoredSha256
                : vm.Seen is null && node.Revision >= vm.Revision);

    /// <summary>The VM on no node, with the disk that was handed over.</summary>
    public static Vm OffItsNode(Vm vm, DateTimeOffset now) => vm with
    {
        Node = null,
        Moving = false,
        StartedHere = false,
        Seen = null,
        Queued = now,
        DiskSha256 = vm.StoredSha256.Length > 0 ? vm.StoredSha256 : vm.DiskSha256,
        DiskBytes = vm.StoredSha256.Length > 0 ? vm.StoredBytes : vm.DiskBytes,
        StoredSha256 = "",
        StoredBytes = 0,
    };

    /// <summary>The VM on a node.</summary>
    public static Vm Placed(Vm vm, Core.NodeId node, long revision) =>
        vm with { Node = node, Revision = revision, Placements = vm.Placements + 1, StartedHere = false, Moving = false, Seen = null };

    /// <summary>The VM on the node that reports it, instead of the one that it was placed on.</summary>
    public static Vm Found(Vm vm, Core.NodeId node, long revision) => vm with { Node = node, Revision = revision, StartedHere = true };

    /// <summary>The VM after it has ended.</summary>
    public static Vm Ended(Vm vm, VmEnd end, DateTimeOffset now) => vm with
    {
        End = end,
        Ended = now,
        Node = null,
        Moving = false,
        Terminating = false,
        Seen = null,
    };

    /// <summary>The state of a guest on a node, for opening and evicting.</summary>
    public static CloudGuestState HostStateOf(Vm vm) => vm switch
    {
        { Wish: GuestWish.Gone or GuestWish.HandedOver } => CloudGuestState.Leaving,
        { Wanted: GuestWish.Stopped } => CloudGuestState.Resting,
        { StartedHere: false } => CloudGuestState.Here,

        // Its node's agent suspends it and resumes it by itself.
        _ when vm.Policy.Keeps.HasFlag(Kept.Place) => CloudGuestState.Leaving,

        // It was not running when the owner came: it needs no eviction, and waits there for the owner to leave.
        { Policy.Keeps: Kept.Nothing, Seen.Phase: GuestPhase.Stopped } => CloudGuestState.Leaving,
        _ => CloudGuestState.Here,
    };

    /// <summary>The status that its tenant sees. <paramref name="node"/> is its node as last observed; null while it is on none or while
    /// that node has never reported.</summary>
    public static (VmStatus Status, string Why) StatusOf(Vm vm, NodeObservation? node)
    {
        if (vm.End is VmEnd.Deleted) return (VmStatus.Deleted, "");
        if (vm.End is VmEnd.Terminated) return (VmStatus.Terminated, "the owner of its node came back and its policy is terminate");
        if (vm.Node is not { } on) return vm.Wanted is GuestWish.Stopped ? (VmStatus.Stopped, "") : (VmStatus.Waiting, vm.Why);
        if (node is { Revoked: true }) return (VmStatus.NodeLost, $"node {on} is revoked; delete the VM, or enrol the desktop again");
        if (node is { Lost: true }) return (VmStatus.NodeLost, $"node {on} is lost; the VM continues when the node reports again");
        if (vm.Wish is GuestWish.Gone) return (VmStatus.Deleting, $"its node {on} has not confirmed yet");
        if (vm.Moving) return Moving(vm, node, on);
        if (vm.Seen is not { } seen)
            return vm.Wanted is GuestWish.Stopped ? (VmStatus.Stopped, "") : (VmStatus.Preparing, $"waiting for node {on} to accept it");
        return (BySight(vm, seen, node), seen.Sentence);
    }

    private static (VmStatus Status, string Why) Moving(Vm vm, NodeObservation? node, Core.NodeId on) => vm.Seen switch
    {
        { Phase: GuestPhase.Failed } seen => (VmStatus.Failed, seen.Sentence),
        null when vm.StoredSha256.Length == 0 && node is not null && node.Revision >= vm.Revision && vm.StartedHere =>
            (VmStatus.Failed, $"its node {on} no longer has its disk and the site does not have it either"),
        _ => (VmStatus.Relocating, $"its disk is on its way from {on}"),
    };

    private static VmStatus BySight(Vm vm, GuestObservation seen, NodeObservation? node)
    {
        var answered = seen.Generation >= vm.Generation;
        var still = node?.State is Core.Availability.NodeState.Frozen or Core.Availability.NodeState.Evicting;
        return seen.Phase switch
        {
            GuestPhase.Preparing => vm.Wanted is GuestWish.Stopped ? VmStatus.Stopped : VmStatus.Preparing,
            GuestPhase.Starting => still ? VmStatus.Frozen : VmStatus.Starting,
            GuestPhase.Running => still ? VmStatus.Frozen : VmStatus.Running,
            GuestPhase.Held => VmStatus.Frozen,
            GuestPhase.Suspended => VmStatus.Suspended,
            GuestPhase.Stopped => vm.Wanted is GuestWish.Running && !answered ? VmStatus.Starting : VmStatus.Stopped,
            GuestPhase.Failed => answered ? VmStatus.Failed : VmStatus.Preparing,
            _ => VmStatus.Relocating,
        };
    }
}
