namespace Opportunism.Agent.Conditions;

/// <summary>Which conditions count, and the settings of each.</summary>
public sealed class ConditionOptions
{
    /// <summary>Names of the conditions that count; empty means all.</summary>
    public IList<string> Enabled { get; } = [];

    /// <summary>The settings in this section that only one condition has, of each condition.</summary>
    public IReadOnlyDictionary<ConditionModule, OwnConditionOptions> Own { get; } =
        ConditionCatalog.All.ToDictionary(module => module, module => module.NewOptions());

    /// <summary>The settings of one condition.</summary>
    /// <exception cref="InvalidOperationException">No condition has settings of this class.</exception>
    internal T Of<T>()
        where T : OwnConditionOptions => Own.Values.OfType<T>().Single();
}
