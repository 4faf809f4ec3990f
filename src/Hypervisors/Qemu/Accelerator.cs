namespace Opportunism.Hypervisors.Qemu;

/// <summary>How QEMU runs guests' CPUs.</summary>
public enum Accelerator
{
    /// <summary>KVM where a real kernel boots on it, else TCG.</summary>
    Auto,

    /// <summary>By the processor; a guest that does not get through its boot is the administrator's choice.</summary>
    Kvm,

    /// <summary>By translation: works everywhere, ten times slower.</summary>
    Tcg,
}
