using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>What a <see cref="Decision"/> is about.</summary>
internal enum DecisionKind
{
    /// <summary>The node entered a state.</summary>
    Entered,

    /// <summary>Guests were frozen because programs wait for memory; the node's state is decided afterwards.</summary>
    Frozen,

    /// <summary>The kernel refused to thaw the guests.</summary>
    ThawRefused,

    /// <summary>The agent shuts down.</summary>
    Ended,
}

/// <summary>Something that the deciding thread did, as it is logged. A struct, so that recording it allocates nothing.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="From">The state before.</param>
/// <param name="State">The state after.</param>
/// <param name="Reason">Why.</param>
/// <param name="Guests">Guests in memory.</param>
/// <param name="Result">How they were frozen, if they were.</param>
internal readonly record struct Decision(DecisionKind Kind, NodeState From, NodeState State, Reason Reason, int Guests, BrakeResult Result);
