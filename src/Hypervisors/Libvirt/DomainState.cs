namespace Opportunism.Hypervisors.Libvirt;

/// <summary>What libvirt says a domain does.</summary>
internal enum DomainState
{
    /// <summary>QEMU is being started; its vCPUs have not run yet.</summary>
    Starting,

    /// <summary>Its vCPUs may run.</summary>
    Running,

    /// <summary>Its vCPUs stand still inside QEMU, whoever stopped them.</summary>
    Paused,
}
