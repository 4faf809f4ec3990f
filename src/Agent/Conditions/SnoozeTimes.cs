namespace Opportunism.Agent.Conditions;

/// <summary>Until when the node is snoozed. Immutable, replaced whole.</summary>
/// <param name="Owner">Set by the owner, in UTC.</param>
/// <param name="Operator">Set by the operator, in UTC.</param>
public sealed record SnoozeTimes(DateTimeOffset? Owner, DateTimeOffset? Operator)
{
    /// <summary>The end of the longer one; null when there is none.</summary>
    public DateTimeOffset? Last => Owner > Operator ? Owner : Operator ?? Owner;
}
