using Opportunism.Clouds;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Controller.Tenants;

/// <summary>The guests of a node's plan, from its cloud.</summary>
internal sealed class PlannedGuests(SiteClouds clouds, ConsoleBuffers consoles) : IPlannedGuests
{
    /// <inheritdoc/>
    public (long Revision, IReadOnlyList<GuestPlan> Guests) Of(NodeRecord node)
    {
        if (node.Revoked || clouds.Of(node.Cloud).Guests is not { } source) return (0, []);
        var assignments = source.AssignmentsFor(node.Id);
        return (assignments.Revision, [.. assignments.Guests.Select(PlanOf)]);
    }

    private GuestPlan PlanOf(GuestAssignment guest) => new()
    {
        GuestId = guest.Spec.Id.Value,
        Name = guest.Spec.Name,
        Wish = guest.Wish.ToString(),
        Generation = (ulong)guest.Generation,
        EvictionPolicy = guest.Policy.Name,
        Vcpus = (uint)guest.Spec.Vcpus,
        MemoryMib = (uint)guest.Spec.MemoryMiB,
        DiskMib = (uint)guest.Spec.DiskMiB,
        ImageSha256 = guest.Spec.ImageSha256,
        ImageFormat = guest.Spec.ImageFormat.ToString(),
        ImageBytes = (ulong)guest.ImageBytes,
        DiskSha256 = guest.DiskSha256,
        DiskBytes = (ulong)guest.DiskBytes,
        ConsoleWanted = guest.Wish is not GuestWish.Gone && consoles.IsWanted(guest.Spec.Id),
    };
}
