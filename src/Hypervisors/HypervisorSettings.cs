namespace Opportunism.Hypervisors;

/// <summary>What every hypervisor gets of the agent's settings.</summary>
public sealed record HypervisorSettings
{
    /// <summary>Folder for guests' disks and checkpoints; absolute.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Folder on tmpfs for the memory of guests that run; absolute.</summary>
    public required string RamFolder { get; init; }

    /// <summary>The guests' cgroup below the mount point.</summary>
    public required string Cgroup { get; init; }

    /// <summary>Disk that no checkpoint and no exported disk may use, in MiB.</summary>
    public int KeepFreeMiB { get; init; }
}
