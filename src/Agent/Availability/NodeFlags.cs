using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>What the operator wants of this node; kept by the agent while the controller is unreachable.</summary>
/// <param name="Drained">True while the node should be empty.</param>
/// <param name="Times">The waiting times in force: the node's own, or the site's where it sets them.</param>
internal sealed record NodeFlags(bool Drained, AvailabilityTimes Times);
