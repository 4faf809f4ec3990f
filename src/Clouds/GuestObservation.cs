using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds;

/// <summary>A guest as its node reports it.</summary>
public sealed record GuestObservation
{
    /// <summary>The guest.</summary>
    public required GuestId Id { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required GuestPhase Phase { get; init; }

    /// <summary>The generation of the wish that this phase answers.</summary>
    public long Generation { get; init; }

    /// <summary>Why, where that is not plain.</summary>
    public string Sentence { get; init; } = "";

    /// <summary>0 to 1 while something is copied.</summary>
    public double Progress { get; init; }

    /// <summary>SHA-256 of the disk handed over; empty when none was.</summary>
    public string DiskSha256 { get; init; } = "";

    /// <summary>Latest time its last hold took; null when not measured.</summary>
    public double? HoldMs { get; init; }

    /// <summary>Latest time until its memory was free; null when not measured.</summary>
    public double? MemoryReturnedMs { get; init; }

    /// <summary>Memory then given back; null when not measured.</summary>
    public long? MemoryReturnedMiB { get; init; }

    /// <summary>Latest time until it ran again; null when not measured.</summary>
    public double? ResumeMs { get; init; }

    /// <summary>From the decision that it goes on until its vCPUs ran, in ms.</summary>
    public double? ThawMs { get; init; }

    /// <summary>Room its checkpoint takes; null when there is none.</summary>
    public long? CheckpointMiB { get; init; }
}
