namespace Opportunism.Hypervisors;

/// <summary>What the agent's settings say to its hypervisor.</summary>
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

    /// <summary>The keys that only one hypervisor has (<see cref="HypervisorModule.Keys"/>),
    /// as they were written; absent ones are not set.</summary>
    public IReadOnlyDictionary<string, string> Own { get; init; } = new Dictionary<string, string>();

    /// <summary>The value of such a key; the fallback where it is not set, or set to nothing.</summary>
    public string Text(string key, string fallback) => Own.GetValueOrDefault(key) is { Length: > 0 } text ? text : fallback;

    /// <summary>The value of such a key that may be set to nothing; the fallback where it is not set.</summary>
    public string TextOrEmpty(string key, string fallback) => Own.GetValueOrDefault(key) ?? fallback;
}
