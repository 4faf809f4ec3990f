using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>A domain of libvirt with a QEMU process on this machine. Its members are changed only under
/// <see cref="LibvirtHost.Gate"/>.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Domain(LinuxProcess process, DomainFile file)
{
    public GuestId Id => File.Id;

    /// <summary>As libvirt and Nova write it.</summary>
    public string Uuid => File.Uuid;

    public LinuxProcess Process => process;

    public FrozenProcess Frozen { get; } = new(process.Pid, process.PidFd);

    /// <summary>When its process was found (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public required long FoundAt { get; init; }

    /// <summary>The last content of libvirt's status file.</summary>
    public DomainFile File { get; set; } = file;

    /// <summary>Its process is in its guest's cgroup, where the brake reaches it.</summary>
    public bool Joined { get; set; }

    /// <summary>The kernel has frozen it separately, independent of the cgroup of all.</summary>
    public bool FrozenAlone { get; set; }

    /// <summary>A request to libvirt to pause its vCPUs without a reply yet; null when there is none.</summary>
    public Task? Suspending { get; set; }

    /// <summary>A request to libvirt to resume it without a reply yet; null when there is none.</summary>
    public Task? Resuming { get; set; }

    /// <summary>Until when it may run although the owner is there, so that it can shut itself down
    /// (<see cref="TimeProvider.GetTimestamp"/>); null for not at all.</summary>
    public long? LeavesUntil { get; set; }

    /// <summary>Its problem; else empty.</summary>
    public string Sentence { get; set; } = "";

    /// <summary>Since when it has been seen running without a freeze or hold in force; null otherwise.</summary>
    public long? RunsSince { get; set; }

    public TimeSpan? LastHold { get; set; }

    public TimeSpan? LastRelease { get; set; }

    /// <summary>True while only the agent or the kernel keeps its vCPUs from running.</summary>
    public bool MayRun => File.State == DomainState.Running || Resuming is { IsCompleted: false };

    public GuestStatus Status(bool ours) => new(
        Id, File.Spec, Phase,
        Sentence.Length > 0 || Phase != GuestPhase.Held || ours
        ? Sentence
        : $"paused in libvirt ({File.Reason}), not by this node")
    {
        PausedByOthers = Phase == GuestPhase.Held && !ours,
        Leaving = LeavesUntil is not null,
        LastHold = LastHold,
        LastRelease = LastRelease,
    };

    private GuestPhase Phase => File.State switch
    {
        DomainState.Starting => GuestPhase.Starting,
        DomainState.Paused => GuestPhase.Held,
        _ => GuestPhase.Running,
    };
}
