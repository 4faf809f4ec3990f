namespace Opportunism.Core.Eviction;

/// <summary>Suspends; where that cannot be done it keeps at least the disk. Nothing is ever deleted.</summary>
internal sealed class SuspendPolicy : IEvictionPolicy
{
    public string Name => "suspend";

    // Two attempts: the second one meets a disk that was full only for a moment; a third would keep the owner waiting.
    public EvictionStep Next(EvictionCase guest) => guest is { CanSuspend: true, Attempts: < 2 } ? EvictionStep.Suspend : EvictionStep.Stop;
}
