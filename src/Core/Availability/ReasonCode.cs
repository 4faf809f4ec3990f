namespace Opportunism.Core.Availability;

/// <summary>Why a node is in its state. The names are on the wire and never change.</summary>
public enum ReasonCode
{
    /// <summary>The agent has just started and has no information yet.</summary>
    Starting,

    /// <summary>A monitor saw the owner.</summary>
    OwnerSeen,

    /// <summary>Every monitor has been quiet for long enough and every condition holds.</summary>
    OwnerQuiet,

    /// <summary>A monitor cannot see, so the owner counts as present.</summary>
    MonitorBlind,

    /// <summary>A condition does not hold.</summary>
    ConditionFails,

    /// <summary>The owner has stayed for longer than the guests may wait in memory.</summary>
    OwnerStayed,

    /// <summary>The owner needs the memory that the guests use.</summary>
    MemoryNeeded,

    /// <summary>The owner or the operator took the node back.</summary>
    TakenBack,

    /// <summary>Guests were found in memory on a node that should have had none there.</summary>
    GuestsFound,

    /// <summary>The last guest has left.</summary>
    NoGuestLeft,

    /// <summary>The owner is there, memory is scarce, and every guest that must leave has a checkpoint.</summary>
    MemoryScarce,

    /// <summary>The node stopped lending without an owner and waits longer each time before it lends again.</summary>
    LendingPaused,
}
