using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds;

/// <summary>A guest that a node's plan names, and what is wanted of it.</summary>
public sealed record GuestAssignment
{
    /// <summary>What it is made of.</summary>
    public required GuestSpec Spec { get; init; }

    /// <summary>What is wanted of it.</summary>
    public required GuestWish Wish { get; init; }

    /// <summary>Grows whenever something is asked anew.</summary>
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
