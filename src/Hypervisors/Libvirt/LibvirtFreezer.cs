using System.Runtime.Versioning;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The brake on libvirt's domains: the kernel's, and a note of whether domains are to stand still, for those that come or wake up later.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LibvirtFreezer(CgroupFreezer cgroup) : IGuestFreezer
{
    private volatile bool standing;
    private volatile bool frozen;

    /// <summary>True from a freeze until the thaw: no domain may run, whoever lets it.</summary>
    public bool Standing => standing;

    /// <summary>True while the cgroup of all is frozen: then none can.</summary>
    public bool Frozen => frozen;

    public bool FreezeAll()
    {
        standing = true;
        frozen = true;
        return cgroup.FreezeAll();
    }

    public bool ThawAll()
    {
        standing = false;
        return ThawHeld();
    }

    /// <summary>Thaws the cgroup of all while each domain is stopped inside QEMU or frozen alone.</summary>
    public bool ThawHeld()
    {
        frozen = false;
        return cgroup.ThawAll();
    }

    /// <summary>Notes that an earlier agent may have stopped domains by signal, so that the next thaw continues them.</summary>
    public void NoteStopped() => cgroup.NoteStopped();

    public bool StopAll() => cgroup.StopAll();

    public bool KillAll() => cgroup.KillAll();

    public void SetPrompt(bool isPrompt) => cgroup.SetPrompt(isPrompt);

    public long GuestCpuNanoseconds() => cgroup.GuestCpuNanoseconds();
}
