namespace Opportunism.Agent.Conditions;

/// <summary>Finds every problem in the conditions' settings.</summary>
internal static class ConditionOptionsValidator
{
    public static IEnumerable<string> Problems(ConditionOptions options)
    {
        foreach (var name in options.Enabled)
        {
            if (!ConditionCatalog.Names.Contains(name))
                yield return $"[Conditions] Enabled names '{name}'; allowed are {string.Join(", ", ConditionCatalog.Names)}.";
        }

        foreach (var (key, value) in new[] { (nameof(options.CpuEnterPercent), options.CpuEnterPercent),
            (nameof(options.CpuLeavePercent), options.CpuLeavePercent) })
        {
            if (value is not (>= 1 and <= 100)) yield return $"[Conditions] {key} is {value}; allowed is 1 to 100.";
        }

        if (options.CpuEnterPercent > options.CpuLeavePercent)
            yield return $"[Conditions] CpuEnterPercent is {options.CpuEnterPercent}; allowed is at most CpuLeavePercent "
                + $"({options.CpuLeavePercent}).";
        foreach (var (key, value) in new[] { (nameof(options.MemoryEnterMiB), options.MemoryEnterMiB),
            (nameof(options.MemoryLeaveMiB), options.MemoryLeaveMiB), (nameof(options.MemoryCriticalMiB), options.MemoryCriticalMiB) })
        {
            if (value is < 16 or > 1024 * 1024) yield return $"[Conditions] {key} is {value}; allowed is 16 to {1024 * 1024}.";
        }

        if (options.MemoryLeaveMiB > options.MemoryEnterMiB)
            yield return $"[Conditions] MemoryLeaveMiB is {options.MemoryLeaveMiB}; allowed is at most MemoryEnterMiB "
                + $"({options.MemoryEnterMiB}).";
        if (options.MemoryCriticalMiB > options.MemoryLeaveMiB)
            yield return $"[Conditions] MemoryCriticalMiB is {options.MemoryCriticalMiB}; allowed is at most MemoryLeaveMiB "
                + $"({options.MemoryLeaveMiB}).";
        if (options.MemoryScarcePercent is not (>= 0 and <= 100))
            yield return $"[Conditions] MemoryScarcePercent is {options.MemoryScarcePercent}; allowed is 0 to 100.";
    }
}
