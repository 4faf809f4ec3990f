using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>How guests are run by QEMU on this machine.</summary>
public sealed record QemuSettings
{
    /// <summary>Folder for guests' disks and checkpoints; absolute.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Folder on tmpfs for the memory of guests that run; absolute.</summary>
    public string RamFolder { get; init; } = "/run/opportunism/memory";

    /// <summary>Path of the guests' cgroup below the mount point; must differ for each agent on a machine.</summary>
    public string Cgroup { get; init; } = "opportunism.slice/guests";

    /// <summary>Unprivileged user that QEMU runs as, by name or number.</summary>
    public string RunAs { get; init; } = "opportunism-guest";

    /// <summary>User numbers of which each guest gets one of its own; null: all use <see cref="RunAs"/>. Their group is that of
    /// <see cref="RunAs"/>.</summary>
    public UserRange? RunAsRange { get; init; }

    /// <summary>How guests' CPUs are run.</summary>
    public Accelerator Accelerator { get; init; } = Accelerator.Auto;

    /// <summary>The network that guests get.</summary>
    public GuestNetwork Network { get; init; } = GuestNetwork.Isolated;

    /// <summary>Disk that no checkpoint and no exported disk may use, in MiB.</summary>
    public int KeepFreeMiB { get; init; }

    /// <summary>The emulator, by name or path.</summary>
    public string Binary { get; init; } = "qemu-system-x86_64";
}
