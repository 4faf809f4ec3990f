using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Settings of section [Guests]: how this node runs guests and how much it lends.</summary>
public sealed class GuestOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Guests";

    /// <summary>Which hypervisor runs guests; with libvirt another program starts them.</summary>
    public string Hypervisor { get; set; } = "qemu";

    /// <summary>Folder for images, disks and checkpoints; no key of this section, but that of [Agent].</summary>
    public string StateFolder { get; internal set; } = "/var/lib/opportunism";

    /// <summary>Folder on tmpfs for the memory of guests that run.</summary>
    public string RamFolder { get; set; } = "/run/opportunism/memory";

    /// <summary>Memory lent to guests in all, in MiB: half of what the machine has unless it is set, so that the owner's programs stay in
    /// memory while the owner is away.</summary>
    public long LentMemoryMiB() => MaxMemoryMiB > 0 ? MaxMemoryMiB : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / (1024 * 1024);

    /// <summary>CPUs lent to guests in all: as many as the machine has unless it is set.</summary>
    public int LentVcpus() => MaxVcpus > 0 ? MaxVcpus : Environment.ProcessorCount;

    /// <summary>The guests' cgroup below the mount point.</summary>
    public string Cgroup { get; set; } = "opportunism.slice/guests";

    /// <summary>The settings in this section that only one hypervisor has, of each hypervisor.</summary>
    public IReadOnlyDictionary<HypervisorModule, HypervisorOptions> Own { get; } =
        HypervisorCatalog.All.ToDictionary(module => module, module => module.NewOptions());

    /// <summary>Memory lent to guests in all, in MiB; 0 for half of what the machine has.</summary>
    public int MaxMemoryMiB { get; set; }

    /// <summary>Virtual CPUs lent to guests in all; 0 for as many as the machine has.</summary>
    public int MaxVcpus { get; set; }

    /// <summary>Pace at which checkpoints are written while the owner is there: at 100 MB/s the owner's own writes stay under 10
    /// ms.</summary>
    public long CheckpointBytesPerSecond { get; set; } = 100_000_000;

    /// <summary>Pace at which disks and images are transferred between the node and its controller.</summary>
    public long TransferBytesPerSecond { get; set; } = 50_000_000;

    /// <summary>While the owner is there and the owner's programs use this much of the network (a picture a second), no disk or image is
    /// transferred.</summary>
    public long OwnerNetworkBytesPerSecond { get; set; } = 250_000;

    /// <summary>How long a guest may take to shut down before it is ended.</summary>
    public TimeSpan ShutdownPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Disk that is never used for guests, in MiB.</summary>
    public int KeepFreeMiB { get; set; } = 2048;

    /// <summary>What every hypervisor gets of these.</summary>
    public HypervisorSettings ForHypervisor() => new()
    {
        StateFolder = StateFolder,
        RamFolder = RamFolder,
        Cgroup = Cgroup,
        KeepFreeMiB = KeepFreeMiB,
    };
}
