using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds;

/// <summary>A guest as its node reports it.</summary>
public sealed record GuestObservation
{
    /// <summary>The guest.</summary>
    public required GuestId Id { get; init; }

    /// <summary>Its phase.</summary>
    public required GuestPhase Phase { get; init; }

    /// <summary>The generation of the wish that led to this phase.</summary>
    public long Generation { get; init; }

    /// <summary>Why, where that is not obvious.</summary>
    public string Sentence { get; init; } = "";

    /// <summary>Progress from 0 to 1 while a file is copied.</summary>
    public double Progress { get; init; }

    /// <summary>SHA-256 of the disk handed over; empty when none was.</summary>
    public string DiskSha256 { get; init; } = "";

    /// <summary>How long its latest hold took; null when not measured.</summary>
    public double? HoldMs { get; init; }

    /// <summary>How long it last took until its memory was free; null when not measured.</summary>
    public double? MemoryReturnedMs { get; init; }

    /// <summary>Memory that was given back then; null when not measured.</summary>
    public long? MemoryReturnedMiB { get; init; }

    /// <summary>How long it last took until it ran again; null when not measured.</summary>
    public double? ResumeMs { get; init; }

    /// <summary>From the decision that it runs again until its vCPUs ran, in ms.</summary>
    public double? ThawMs { get; init; }

    /// <summary>Disk space of its checkpoint; null when there is none.</summary>
    public long? CheckpointMiB { get; init; }
}
