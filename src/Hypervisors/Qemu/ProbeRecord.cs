namespace Opportunism.Hypervisors.Qemu;

/// <summary>The result of the accelerator's test boot, kept as long as kernel and QEMU stay the same.</summary>
internal sealed record ProbeRecord
{
    public required string Kernel { get; init; }

    public required string QemuVersion { get; init; }

    public required bool KvmBoots { get; init; }
}
