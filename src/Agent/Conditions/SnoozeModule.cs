namespace Opportunism.Agent.Conditions;

/// <summary>The owner or the operator does not want the desktop lent for a while.</summary>
internal sealed class SnoozeModule : ConditionModule
{
    /// <inheritdoc/>
    public override string Name => "snooze";

    /// <inheritdoc/>
    public override ICondition Make(OwnConditionOptions options, ConditionSources sources) => sources.Snooze;
}
