using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Reporting;

/// <summary>Takes what the operator wants of the node out of each plan: drained, snoozed, waiting times.</summary>
/// <remarks>A plan can only make a node more careful or change its waiting times within what is allowed; times that are not are left as they were.</remarks>
internal sealed partial class PlanPolicy(
    Level<NodePlan> plan, Level<NodePolicy> policy, AvailabilityTimes own, SnoozeCondition snooze, AvailabilityLoop loop, ILogger<PlanPolicy> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = plan.Current;
        while (true)
        {
            seen = await plan.NewerThanAsync(seen, stoppingToken).ConfigureAwait(false);
            Take(seen);
        }
    }

    internal void Take(NodePlan next)
    {
        var wanted = new NodePolicy(next.Drained, Times(next.Policy));
        var until = next.SnoozedUntil?.ToDateTimeOffset();
        var changed = wanted != policy.Current || until != snooze.Times.Operator;
        if (!changed) return;
        if (until != snooze.Times.Operator) snooze.Set(SnoozeBy.Operator, until);
        policy.Set(wanted);
        loop.Reconsider();
    }

    private AvailabilityTimes Times(PolicyPlan? site)
    {
        if (site is null) return own;
        var times = own with
        {
            IdleFor = site.IdleFor?.ToTimeSpan() ?? own.IdleFor,
            ThawAfter = site.ThawAfter?.ToTimeSpan() ?? own.ThawAfter,
            EvictAfter = site.EvictAfter?.ToTimeSpan() ?? own.EvictAfter,
        };
        if (times.Problems().FirstOrDefault() is not { } problem) return times;
        LogRefused(problem);
        return policy.Current.Times;
    }
}
