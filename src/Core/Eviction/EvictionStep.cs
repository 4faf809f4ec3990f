namespace Opportunism.Core.Eviction;

/// <summary>One thing that can be done to get a guest's memory back to the owner.</summary>
public enum EvictionStep
{
    /// <summary>Keep memory and disk as a checkpoint; the guest goes on later where it was.</summary>
    Suspend,

    /// <summary>Keep only the disk and hand it over, so that the guest can boot on another node.</summary>
    Relocate,

    /// <summary>Keep only the disk, on this node.</summary>
    Stop,

    /// <summary>Keep nothing.</summary>
    Delete,
}
