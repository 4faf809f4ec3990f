namespace Opportunism.Agent.Conditions;

/// <summary>Until when the node is to be left alone. Immutable, replaced whole.</summary>
/// <param name="Owner">The owner's wish, in UTC.</param>
/// <param name="Operator">The operator's wish, in UTC.</param>
public sealed record SnoozeTimes(DateTimeOffset? Owner, DateTimeOffset? Operator)
{
    /// <summary>The end of the longer one; null when there is none.</summary>
    public DateTimeOffset? Last => Owner > Operator ? Owner : Operator ?? Owner;
}
