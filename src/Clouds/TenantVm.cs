using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds;

/// <summary>A tenant's VM as its tenant sees it. Immutable.</summary>
public sealed record TenantVm
{
    /// <summary>Its image and size.</summary>
    public required GuestSpec Spec { get; init; }

    /// <summary>Name of its image when it was created.</summary>
    public required string ImageName { get; init; }

    /// <summary>Name of its eviction policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Its status.</summary>
    public required VmStatus Status { get; init; }

    /// <summary>Why it has this status; empty when there is no reason to show.</summary>
    public required string Why { get; init; }

    /// <summary>Since when it has that status.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The node it is on; null for none.</summary>
    public NodeId? Node { get; init; }

    /// <summary>What its node reports of it; null for nothing.</summary>
    public GuestObservation? Seen { get; init; }

    /// <summary>How often it was placed on a node.</summary>
    public int Placements { get; init; }

    /// <summary>Its tenant has deleted it; it is shown for a while.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Its id.</summary>
    public GuestId Id => Spec.Id;
}

/// <summary>A VM that a tenant requests.</summary>
/// <param name="Spec">Its image and size.</param>
/// <param name="Policy">Name of its eviction policy.</param>
/// <param name="ImageName">Name of its image.</param>
/// <param name="ImageBytes">Size of its image.</param>
public sealed record NewTenantVm(GuestSpec Spec, string Policy, string ImageName, long ImageBytes);
