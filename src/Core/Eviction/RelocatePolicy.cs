namespace Opportunism.Core.Eviction;

/// <summary>Hands the disk over, so that the guest boots again wherever there is room.</summary>
internal sealed class RelocatePolicy : IEvictionPolicy
{
    public string Name => "relocate";

    public EvictionStep Next(EvictionCase guest) => EvictionStep.Relocate;
}
