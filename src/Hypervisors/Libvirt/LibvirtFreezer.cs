using System.Runtime.Versioning;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The brake on libvirt's domains: the kernel's, and a flag that domains must not run, for those that start or wake up
/// later.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LibvirtFreezer(CgroupFreezer cgroup) : IGuestFreezer
{
    private volatile bool noneMayRun;
    private volatile bool frozen;

    /// <summary>True from a freeze until the thaw: no domain may run, whatever program resumes it.</summary>
    public bool NoneMayRun => noneMayRun;

    /// <summary>True while the cgroup of all is frozen: then none can.</summary>
    public bool Frozen => frozen;

    public bool FreezeAll()
    {
        noneMayRun = true;
        frozen = true;
        return cgroup.FreezeAll();
    }

    public bool ThawAll()
    {
        noneMayRun = false;
        return ThawHeld();
    }

    /// <summary>Thaws the cgroup of all while each domain is paused in QEMU or frozen separately.</summary>
    public bool ThawHeld()
    {
        frozen = false;
        return cgroup.ThawAll();
    }

    /// <summary>Notes that an earlier agent may have sent SIGSTOP to domains, so that the next thaw sends SIGCONT.</summary>
    public void NoteSignalled() => cgroup.NoteSignalled();

    public bool SignalAll() => cgroup.SignalAll();

    public bool KillAll() => cgroup.KillAll();

    public void SetPrompt(bool isPrompt) => cgroup.SetPrompt(isPrompt);

    public long GuestCpuNanoseconds() => cgroup.GuestCpuNanoseconds();
}
