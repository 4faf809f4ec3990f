using Opportunism.Agent.Guests;
using Opportunism.Agent.Monitors;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Reporting;

/// <summary>All problems of this node, collected from the agent's parts. Any thread.</summary>
internal sealed class NodeHealth(MonitorWatch watch, Level<GuestsReport> guests, Level<IReadOnlyList<HealthItem>> refused)
{
    public IReadOnlyList<HealthItem> Items =>
        [
            .. watch.Sights.SelectMany(seen => seen.Sight.Health).Concat(refused.Current).Concat(guests.Current.Health)
                .Take(NodeContract.MostItems)];
}
