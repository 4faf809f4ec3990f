using Opportunism.Core.Fleet;

namespace Opportunism.Contracts.Api;

/// <summary>A VM as its tenant sees it.</summary>
public sealed record VmView
{
    /// <summary>Its identity.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the cloud that has it.</summary>
    public string Cloud { get; init; } = "";

    /// <summary>Its status.</summary>
    public required VmStatus Status { get; init; }

    /// <summary>The reason for its status, or why it waits, as a sentence; empty where that is obvious.</summary>
    public string Why { get; init; } = "";

    /// <summary>Since when it has this status.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The node it is on; null while it waits.</summary>
    public string? Node { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int Vcpus { get; init; }

    /// <summary>Memory in MiB.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>Size of its disk in MiB.</summary>
    public int DiskMiB { get; init; }

    /// <summary>Name of its image, as it was when the VM was made.</summary>
    public string Image { get; init; } = "";

    /// <summary>SHA-256 of its image.</summary>
    public string ImageSha256 { get; init; } = "";

    /// <summary>What happens when its node's owner stays.</summary>
    public string Policy { get; init; } = "";

    /// <summary>0 to 1 while something of it is copied.</summary>
    public double Progress { get; init; }

    /// <summary>The latest times its node measured for it.</summary>
    public VmTimes Times { get; init; } = new();

    /// <summary>How often it has been placed on a node.</summary>
    public int Placements { get; init; }

    /// <summary>When its tenant created it.</summary>
    public DateTimeOffset Created { get; init; }
}
