using Google.Protobuf.WellKnownTypes;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Guests;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Running;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Reporting;

/// <summary>Builds the whole report of this node for the controller. Any thread.</summary>
internal sealed class ReportView(
    AvailabilityLoop loop, MonitorWatch watch, ConditionSet conditions, SnoozeCondition snooze, NodeHealth health,
    Level<GuestsReport> guests, ObstacleView obstacles)
{
    /// <summary>The guests' part of the report.</summary>
    public Level<GuestsReport> Guests => guests;

    public NodeReport Report(string runId, ulong sequence)
    {
        var status = loop.Status.Current;
        var here = guests.Current;
        var report = new NodeReport
        {
            ContractVersion = NodeContract.Version,
            RunId = runId,
            Sequence = sequence,
            AgentVersion = AgentVersion.Text,
            State = Kind(status.State),
            StateSince = status.Since.ToTimestamp(),
            ReasonCode = status.Reason.Code.ToString(),
            ReasonSource = status.Reason.Source,
            Capacity = here.Capacity,
            PlanVersion = here.PlanVersion,
        };
        if (snooze.InForce.Owner is { } until) report.SnoozedUntil = until.ToTimestamp();
        report.Guests.AddRange(here.Guests);
        AddWatchers(report);
        AddTroubles(report);
        if (loop.LastFreeze.Current is var freeze && freeze != AvailabilityLoop.None)
        {
            report.LastFreeze = new FreezeReport
            {
                At = freeze.At.ToTimestamp(),
                StillMs = freeze.Result.StillIn.TotalMilliseconds,
                LeakedCpuMs = freeze.Result.LeakedCpu.TotalMilliseconds,
                Guests = (uint)freeze.Guests,
                Brake = BrakeName(freeze.Result.Brake),
            };
        }

        return report;
    }

    private void AddWatchers(NodeReport report)
    {
        report.Monitors.AddRange(watch.Sights.Select(seen => new WatcherReport
        {
            Name = seen.Monitor,
            Ok = !seen.Sight.Blind,
            Sources = (uint)seen.Sight.Sources,
            Sentence = NodeContract.Sentence(seen.Sight.Sentence),
        }));
        report.Conditions.AddRange(conditions.All.Select(condition => new WatcherReport
        {
            Name = condition.Name,
            Ok = condition.Holds,
            Sentence = NodeContract.Sentence(condition.Sentence),
        }));
    }

    private void AddTroubles(NodeReport report)
    {
        report.Health.AddRange(health.Items.Select(item => new HealthReport
        {
            Code = item.Code,
            Severity = item.Severity.ToString(),
            Sentence = NodeContract.Sentence(item.Sentence),
            Remedy = NodeContract.Sentence(item.Remedy),
        }));
        report.Obstacles.AddRange(obstacles.Look().Take(NodeContract.MostItems).Select(obstacle => new ObstacleReport
        {
            Code = obstacle.Reason.Code.ToString(),
            Source = obstacle.Reason.Source,
            Sentence = NodeContract.Sentence(obstacle.Sentence),
            Remedy = NodeContract.Sentence(obstacle.Remedy),
        }));
    }

    /// <summary>A brake as reports and the command line name it.</summary>
    internal static string BrakeName(Brake brake) =>
        brake switch { Brake.Freeze => "freeze", Brake.Signal => "stop", Brake.Kill => "kill", _ => "none" };

    private static NodeStateKind Kind(NodeState state) => state switch
    {
        NodeState.InUse => NodeStateKind.InUse,
        NodeState.Available => NodeStateKind.Available,
        NodeState.Frozen => NodeStateKind.Frozen,
        NodeState.Evicting => NodeStateKind.Evicting,
        _ => NodeStateKind.Unspecified,
    };
}
