using Opportunism.Contracts.Nodes;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Guests;

/// <summary>What the agent reports about its guests. Immutable, replaced whole.</summary>
/// <param name="Guests">Each guest that the plan or the node has; not to be changed.</param>
/// <param name="Health">Problems.</param>
/// <param name="PlanVersion">The newest plan that these follow.</param>
/// <param name="Capacity">What the node lends; null before the hypervisor was probed.</param>
internal sealed record GuestsReport(
    IReadOnlyList<GuestReport> Guests, IReadOnlyList<HealthItem> Health, ulong PlanVersion, Capacity? Capacity)
{
    public static GuestsReport NotYet { get; } = new([], [], 0, null);

    /// <summary>True when another report has nothing new compared with this one.</summary>
    public bool SaysTheSameAs(GuestsReport other) =>
        PlanVersion == other.PlanVersion && Equals(Capacity, other.Capacity) && Guests.SequenceEqual(other.Guests)
            && Health.SequenceEqual(other.Health);
}
