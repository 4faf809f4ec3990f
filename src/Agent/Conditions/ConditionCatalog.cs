namespace Opportunism.Agent.Conditions;

/// <summary>The list of conditions. A new one is a file beside this one, and one entry here.</summary>
public static class ConditionCatalog
{
    /// <summary>Every condition, in the order in which they are shown.</summary>
    public static IReadOnlyList<ConditionModule> All { get; } = [new SnoozeModule(), new CpuModule(), new MemoryModule()];

    /// <summary>Their names, in that order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(module => module.Name)];

    /// <summary>Creates the conditions that the settings enable; the settings have been validated.</summary>
    public static IReadOnlyList<ICondition> Create(ConditionOptions options, ConditionSources sources)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. All.Where(module => options.Enabled.Count == 0 || options.Enabled.Contains(module.Name))
                .Select(module => module.Make(options.Own[module], sources)),
        ];
    }
}
