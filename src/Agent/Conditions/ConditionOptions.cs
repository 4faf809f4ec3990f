namespace Opportunism.Agent.Conditions;

/// <summary>Which conditions count, and their limits. Each limit has an edge to enter and one to leave, so that no node flaps.</summary>
public sealed class ConditionOptions
{
    /// <summary>Names of the conditions that count; empty means all.</summary>
    public IList<string> Enabled { get; } = [];

    /// <summary>Guests may start to run while everything that is not a guest uses at most this much of all CPUs, in percent.</summary>
    public double CpuEnterPercent { get; set; } = 30;

    /// <summary>Guests may keep running while everything that is not a guest uses at most this much of all CPUs, in percent.</summary>
    public double CpuLeavePercent { get; set; } = 60;

    /// <summary>Guests may start to run while at least this much memory is available.</summary>
    public int MemoryEnterMiB { get; set; } = 1024;

    /// <summary>Guests may keep running while at least this much memory is available.</summary>
    public int MemoryLeaveMiB { get; set; } = 512;

    /// <summary>Below this much available memory the owner needs the guests' memory, and they leave at once.</summary>
    public int MemoryCriticalMiB { get; set; } = 256;

    /// <summary>Below this share of the machine's memory, in percent, guests that have a checkpoint leave soon after the owner has
    /// come.</summary>
    public double MemoryScarcePercent { get; set; } = 25;
}
