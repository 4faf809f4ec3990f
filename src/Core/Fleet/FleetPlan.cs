using Opportunism.Core.Availability;

namespace Opportunism.Core.Fleet;

/// <summary>Compares what an agent reports with what a cloud shows, and returns the actions that the cloud needs: target minus actual.
/// Pure.</summary>
public static class FleetPlan
{
    /// <summary>The state that the node should have in its cloud.</summary>
    public static HostTarget Target(FleetCase node)
    {
        if (node is { State: NodeState.Available, Lost: false, Revoked: false, Drained: false, Snoozed: false })
            return new(true, false, "");

        // An action for a silent host hangs and is carried out when the host comes back, when it is no longer needed: only close.
        var empty = !node.Lost && (node.Revoked || node.Drained || node.State is NodeState.InUse or NodeState.Evicting);
        return new(false, empty, ClosedBecause(node), node.Lost && !node.Revoked);
    }

    /// <summary>The actions for the cloud, in this order; empty when target and actual state are the same.</summary>
    /// <remarks>Closing comes before anything else, so that no new guest is placed on a node that others leave; opening comes before
    /// bringing back, since a cloud does not start guests on a closed host. What is only a mark comes last, so that nothing waits for
    /// it.</remarks>
    public static IReadOnlyList<CloudAction> Next(FleetCase node) => Next(Target(node), node.Host);

    /// <summary>The same, where the target is known already.</summary>
    /// <param name="target">The state that the node should have in its cloud.</param>
    /// <param name="host">The node as the cloud shows it; null when that is not known.</param>
    public static IReadOnlyList<CloudAction> Next(HostTarget target, CloudHost? host)
    {
        var actions = new List<CloudAction>();
        var guests = host?.Guests ?? [];
        if (target.Open)
        {
            if (host is not { Open: true }) actions.Add(new CloudAction.Open());
            actions.AddRange(
                guests.Where(guest => guest.State is CloudGuestState.Evicted).Select(guest => new CloudAction.BringBack(guest.Id)));
        }
        else
        {
            if (host is not { Open: false }) actions.Add(new CloudAction.Close(target.Reason));
            if (target.Empty)
                actions.AddRange(
                    guests.Where(guest => guest.State is CloudGuestState.Here).Select(guest => new CloudAction.Evict(guest.Id)));
        }

        if (host is not null && (Differs(host.Network, target.Open) || Differs(host.Lost, target.Lost)))
            actions.Add(new CloudAction.Settle(target));
        return actions;
    }

    private static bool Differs(CloudMark mark, bool wanted) => mark is CloudMark.Partly || mark == (wanted ? CloudMark.No : CloudMark.Yes);

    private static string ClosedBecause(FleetCase node) => node switch
    {
        { Revoked: true } => "the node was revoked",
        { Lost: true } => "nothing has been heard from the node",
        { Drained: true } => "the node was drained by an operator",
        { Snoozed: true } => "the node was snoozed by an operator",
        { State: null } => "the node has not reported yet",
        _ => node.Reason.Sentence,
    };
}
