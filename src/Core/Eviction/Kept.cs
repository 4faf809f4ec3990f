namespace Opportunism.Core.Eviction;

/// <summary>What a guest still has after it was evicted by a policy's first step.</summary>
[Flags]
public enum Kept
{
    /// <summary>The guest is gone.</summary>
    Nothing = 0,

    /// <summary>What it wrote to its disk.</summary>
    Disk = 1,

    /// <summary>What it had in memory: it continues instead of booting.</summary>
    Memory = 2,

    /// <summary>Its place: it stays on its node and waits there for the owner to leave.</summary>
    Place = 4,
}
