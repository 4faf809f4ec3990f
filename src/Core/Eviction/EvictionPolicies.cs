namespace Opportunism.Core.Eviction;

/// <summary>The list of eviction policies. A new policy is one line here; a new step also needs the clouds that can do it.</summary>
public static class EvictionPolicies
{
    // Two attempts: the second one succeeds if the disk was full only for a moment; a third would keep the owner waiting. Ending a guest
    // always gives the memory back.

    /// <summary>Keeps memory and disk where possible, and at least the disk. The default.</summary>
    public static EvictionPolicy Suspend { get; } =
        new("suspend", [EvictionStep.Suspend, EvictionStep.Suspend, EvictionStep.ShutDown], Kept.Disk | Kept.Memory | Kept.Place);

    /// <summary>Stays paused in memory, which the owner does not get back.</summary>
    public static EvictionPolicy Pause { get; } =
        new("pause", [EvictionStep.Pause, EvictionStep.Pause, EvictionStep.ShutDown], Kept.Disk | Kept.Memory | Kept.Place);

    /// <summary>Boots again on its node.</summary>
    public static EvictionPolicy Stop { get; } = new("stop", [EvictionStep.ShutDown], Kept.Disk | Kept.Place);

    /// <summary>Boots again on any node, from an image that the cloud made of its disk.</summary>
    public static EvictionPolicy Shelve { get; } =
        new("shelve", [EvictionStep.Shelve, EvictionStep.Shelve, EvictionStep.ShutDown], Kept.Disk);

    /// <summary>Boots again on any node, from the disk that its node handed over.</summary>
    public static EvictionPolicy Relocate { get; } = new("relocate", [EvictionStep.Relocate], Kept.Disk);

    /// <summary>Deleted: for tenants whose work is split into pieces that may be lost.</summary>
    public static EvictionPolicy Terminate { get; } = new("terminate", [EvictionStep.Delete], Kept.Nothing);

    /// <summary>Every known policy.</summary>
    public static PolicySet All { get; } = new(Suspend, Pause, Stop, Shelve, Relocate, Terminate);
}
