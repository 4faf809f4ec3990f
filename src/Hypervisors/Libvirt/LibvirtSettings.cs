namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Where libvirt's guests are found on this machine.</summary>
public sealed record LibvirtSettings
{
    /// <summary>libvirt's address.</summary>
    public string Uri { get; init; } = "qemu:///system";

    /// <summary>Folder in which libvirt's QEMU driver keeps a status file of each domain that runs.</summary>
    public string RunFolder { get; init; } = "/run/libvirt/qemu";

    /// <summary>Folder of the agent's state, which records the domains that it has paused.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The guests' cgroup below the mount point.</summary>
    public required string Cgroup { get; init; }
}
