using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>Enough memory is left for the owner.</summary>
internal sealed class MemoryModule : ConditionModule
{
    /// <inheritdoc/>
    public override string Name => "memory";

    /// <inheritdoc/>
    public override OwnConditionOptions NewOptions() => new MemoryOptions();

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(OwnConditionOptions options)
    {
        var own = (MemoryOptions)options;
        foreach (var (key, value) in new[] { (nameof(own.MemoryEnterMiB), own.MemoryEnterMiB),
            (nameof(own.MemoryLeaveMiB), own.MemoryLeaveMiB), (nameof(own.MemoryCriticalMiB), own.MemoryCriticalMiB) })
        {
            if (value is < 16 or > 1024 * 1024) yield return $"[Conditions] {key} is {value}; allowed is 16 to {1024 * 1024}.";
        }

        if (own.MemoryLeaveMiB > own.MemoryEnterMiB)
            yield return $"[Conditions] MemoryLeaveMiB is {own.MemoryLeaveMiB}; allowed is at most MemoryEnterMiB ({own.MemoryEnterMiB}).";
        if (own.MemoryCriticalMiB > own.MemoryLeaveMiB)
            yield return $"[Conditions] MemoryCriticalMiB is {own.MemoryCriticalMiB}; allowed is at most MemoryLeaveMiB "
                + $"({own.MemoryLeaveMiB}).";
        if (own.MemoryScarcePercent is not (>= 0 and <= 100))
            yield return $"[Conditions] MemoryScarcePercent is {own.MemoryScarcePercent}; allowed is 0 to 100.";
    }

    /// <inheritdoc/>
    public override ICondition Make(OwnConditionOptions options, ConditionSources sources)
    {
        var own = (MemoryOptions)options;
        return new MemoryCondition(
            sources.Memory(), Threshold.AtLeast(own.MemoryEnterMiB, own.MemoryLeaveMiB), own.MemoryCriticalMiB, own.MemoryScarcePercent,
            sources.UpcomingMiB, sources.Pressure);
    }
}

/// <summary>Settings of section [Conditions] about memory. One limit to enter and one to leave, so that no node flaps.</summary>
internal sealed class MemoryOptions : OwnConditionOptions
{
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
