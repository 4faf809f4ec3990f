namespace Opportunism.Core.Eviction;

/// <summary>Suspends; where that cannot be done it keeps at least the disk. Nothing is ever deleted.</summary>
internal sealed class SuspendPolicy : IEvictionPolicy
{
    public string Name => "suspend";

    // Two attempts: the second one meets a disk that was full only for a moment; a third would keep the owner waiting. With a checkpoint
    // there is nothing to gain from giving it up: the process that does not end would not end for a stop either.
    public EvictionStep Next(EvictionCase guest) => guest is { HasCheckpoint: true } or { CanSuspend: true, Attempts: < 2 } ? EvictionStep.Suspend : EvictionStep.Stop;
}
