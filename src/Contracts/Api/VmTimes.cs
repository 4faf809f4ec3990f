namespace Opportunism.Contracts.Api;

/// <summary>The latest times a node measured for a guest; null where not measured yet.</summary>
public sealed record VmTimes
{
    /// <summary>From the request to hold until its vCPUs were paused.</summary>
    public double? HoldMs { get; init; }

    /// <summary>From the decision to suspend until its memory was free.</summary>
    public double? MemoryReturnedMs { get; init; }

    /// <summary>Memory that suspend gave back.</summary>
    public long? MemoryReturnedMiB { get; init; }

    /// <summary>From the request to resume until its vCPUs ran.</summary>
    public double? ResumeMs { get; init; }

    /// <summary>From the decision to release the held guest until its vCPUs ran.</summary>
    public double? ThawMs { get; init; }

    /// <summary>Room its checkpoint takes on the node's disk.</summary>
    public long? CheckpointMiB { get; init; }
}
