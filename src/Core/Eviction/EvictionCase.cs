namespace Opportunism.Core.Eviction;

/// <summary>What a policy uses to choose a step when a guest must leave.</summary>
/// <param name="Attempts">Steps already tried for this eviction that failed; not negative.</param>
/// <param name="CanSuspend">False where no checkpoint can be kept (no room on the disk, or the hypervisor cannot).</param>
/// <param name="HasCheckpoint">True while the guest's memory is complete on the disk: only its process has to end.</param>
public readonly record struct EvictionCase(int Attempts, bool CanSuspend, bool HasCheckpoint);
