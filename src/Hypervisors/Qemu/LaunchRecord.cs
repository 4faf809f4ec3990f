namespace Opportunism.Hypervisors.Qemu;

/// <summary>The part of a guest's machine that must be the same again when a checkpoint is loaded.</summary>
internal sealed record LaunchRecord
{
    public required string MachineType { get; init; }

    public required string Accelerator { get; init; }

    public required string QemuVersion { get; init; }

    public required string Network { get; init; }
}
