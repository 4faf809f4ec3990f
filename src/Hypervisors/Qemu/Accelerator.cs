namespace Opportunism.Hypervisors.Qemu;

/// <summary>How QEMU runs guests' CPUs.</summary>
public enum Accelerator
{
    /// <summary>KVM if a real kernel boots with it, else TCG.</summary>
    Auto,

    /// <summary>By the processor, without a test boot: the administrator's choice.</summary>
    Kvm,

    /// <summary>By translation: works everywhere, ten times slower.</summary>
    Tcg,
}
