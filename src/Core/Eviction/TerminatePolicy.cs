namespace Opportunism.Core.Eviction;

/// <summary>Deletes the guest: for tenants whose work is split into pieces that may be lost.</summary>
internal sealed class TerminatePolicy : IEvictionPolicy
{
    public string Name => "terminate";

    public EvictionStep Next(EvictionCase guest) => EvictionStep.Delete;
}
