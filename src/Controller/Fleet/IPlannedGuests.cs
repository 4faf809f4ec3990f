using Opportunism.Contracts.Nodes;

namespace Opportunism.Controller.Fleet;

/// <summary>Supplies the guests that a node's plan names.</summary>
internal interface IPlannedGuests
{
    /// <summary>The guests, and the cloud's revision that they have; none where the node's guests are not run by its agent. Any thread;
    /// never blocks.</summary>
    (long Revision, IReadOnlyList<GuestPlan> Guests) Of(NodeRecord node);
}
