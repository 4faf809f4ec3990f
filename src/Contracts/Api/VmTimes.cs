namespace Opportunism.Contracts.Api;

/// <summary>The latest times a node measured for a guest; null where not measured yet.</summary>
public sealed record VmTimes
{
    /// <summary>From asking for the hold until its vCPUs stood still.</summary>
    public double? HoldMs { get; init; }

    /// <summary>From the decision to suspend until its memory was free.</summary>
    public double? MemoryReturnedMs { get; init; }

    /// <summary>Memory that suspend gave back.</summary>
    public long? MemoryReturnedMiB { get; init; }

    /// <summary>From asking for the resume until its vCPUs ran.</summary>
    public double? ResumeMs { get; init; }

    /// <summary>From the decision that a held guest goes on until its vCPUs ran.</summary>
    public double? ThawMs { get; init; }

    /// <summary>Room its checkpoint takes on the node's disk.</summary>
    public long? CheckpointMiB { get; init; }
}
