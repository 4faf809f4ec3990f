using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds;

/// <summary>A guest that a node's plan names, and the state it should have.</summary>
public sealed record GuestAssignment
{
    /// <summary>Its image and size.</summary>
    public required GuestSpec Spec { get; init; }

    /// <summary>The state it should have.</summary>
    public required GuestWish Wish { get; init; }

    /// <summary>Grows with every request.</summary>
    public long Generation { get; init; }

    /// <summary>How it leaves when the owner stays.</summary>
    public required EvictionPolicy Policy { get; init; }

    /// <summary>Size of its image.</summary>
    public long ImageBytes { get; init; }

    /// <summary>SHA-256 of the disk it starts from instead of its image; empty for the image.</summary>
    public string DiskSha256 { get; init; } = "";

    /// <summary>Size of that disk.</summary>
    public long DiskBytes { get; init; }
}
