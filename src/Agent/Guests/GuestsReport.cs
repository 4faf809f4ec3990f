using Opportunism.Contracts.Nodes;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Guests;

/// <summary>What the agent reports about its guests. Immutable, replaced whole.</summary>
/// <param name="Guests">Each guest that the plan or the node knows; not to be changed.</param>
/// <param name="Health">What is not as it should be.</param>
/// <param name="PlanVersion">The newest plan that these answer.</param>
/// <param name="Capacity">What the node lends; null before the hypervisor was looked at.</param>
internal sealed record GuestsReport(IReadOnlyList<GuestReport> Guests, IReadOnlyList<HealthItem> Health, ulong PlanVersion, Capacity? Capacity)
{
    public static GuestsReport NotYet { get; } = new([], [], 0, null);

    /// <summary>True when another one would be no news after this one.</summary>
    public bool SaysTheSameAs(GuestsReport other) =>
        PlanVersion == other.PlanVersion && Equals(Capacity, other.Capacity) && Guests.SequenceEqual(other.Guests) && Health.SequenceEqual(other.Health);
}
