namespace Opportunism.Agent.Conditions;

/// <summary>One condition: its name, the settings that only it has, and how it is created. Listed in
/// <see cref="ConditionCatalog"/>.</summary>
public abstract class ConditionModule
{
    /// <summary>Its name in settings, logs and reports; never changes.</summary>
    public abstract string Name { get; }

    /// <summary>Settings with their defaults, with which the condition holds on an ordinary desktop: where [Conditions] Enabled is not set
    /// every condition counts.</summary>
    public virtual OwnConditionOptions NewOptions() => new();

    /// <summary>Every reason why its settings cannot be used, each naming section, key, value and what is allowed.</summary>
    /// <param name="options">The result of <see cref="NewOptions"/>, with the values of the settings file.</param>
    public virtual IEnumerable<string> Problems(OwnConditionOptions options) => [];

    /// <summary>Creates the condition from validated settings. Once, while the agent starts.</summary>
    public abstract ICondition Make(OwnConditionOptions options, ConditionSources sources);
}
