namespace Opportunism.Core.Availability;

/// <summary>Why a node is in its state, and which monitor, condition or person caused it.</summary>
/// <param name="Code">The kind of reason.</param>
/// <param name="Source">The monitor, condition or person's role behind it; empty where there is none. Never a user name.</param>
public readonly record struct Reason(ReasonCode Code, string Source = "")
{
    /// <summary>The one condition that a person sets. Its name is in settings and reports and never changes.</summary>
    public const string Snooze = "snooze";

    /// <summary>The reason as a sentence for a person.</summary>
    public string Sentence => Code switch
    {
        ReasonCode.Starting => "the agent has just started",
        ReasonCode.OwnerSeen when Source.Length == 0 => "a monitor has just begun to watch, and what the owner did before is not known",
        ReasonCode.OwnerSeen => $"the owner was seen by {Source}",
        ReasonCode.OwnerQuiet => "the owner is away",
        ReasonCode.MonitorBlind => $"{Source} cannot see, so the owner counts as present",
        ReasonCode.ConditionFails when Source == Snooze => "it is snoozed",
        ReasonCode.ConditionFails => $"the condition {Source} does not hold",
        ReasonCode.OwnerStayed => "the owner has stayed",
        ReasonCode.MemoryNeeded => "the owner needs the memory",
        ReasonCode.TakenBack => $"taken back by {Source}",
        ReasonCode.GuestsFound => "guests are in memory; they are held until the node is lent",
        ReasonCode.NoGuestLeft => "no guest is left on this node",
        ReasonCode.MemoryScarce => "memory is scarce while the owner is there",
        ReasonCode.LendingPaused => "it stopped lending though no owner came, so it waits longer before it lends again",
        _ => Code.ToString(),
    };
}
