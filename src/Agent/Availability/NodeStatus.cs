using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>What the deciding thread has decided, as everything else in the agent sees it. Immutable, replaced whole.</summary>
/// <param name="State">The state of the node.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">When it entered the state, wall clock.</param>
/// <param name="SinceTimestamp">The same as a <see cref="TimeProvider.GetTimestamp"/>, for measuring.</param>
/// <param name="Times">The waiting times in force: the node's own, or the site's where the plan sets them.</param>
public sealed record NodeStatus(NodeState State, Reason Reason, DateTimeOffset Since, long SinceTimestamp, AvailabilityTimes Times)
{
    /// <summary>True in the last seconds before the node lends, while suspended guests may be loaded (<see cref="Countdown"/>).</summary>
    public bool MayLoad { get; init; }
}
