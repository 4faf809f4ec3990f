namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The state of a domain as libvirt reports it.</summary>
internal enum DomainState
{
    /// <summary>QEMU is being started; its vCPUs have not run yet.</summary>
    Starting,

    /// <summary>Its vCPUs may run.</summary>
    Running,

    /// <summary>Its vCPUs are paused in QEMU, by whatever program.</summary>
    Paused,
}
