using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Controller.Api;

/// <summary>The API's view of nodes.</summary>
internal sealed class NodeViews(CloudWorkers workers, SiteClouds clouds, TimeProvider time)
{
    public NodeView ViewOf(NodeRecord node)
    {
        var report = node.Report;
        var worker = workers.Of(node.Id);
        return new NodeView
        {
            Id = node.Id.Value,
            Cloud = node.Cloud,
            State = ReportReading.StateOf(report),
            ReasonCode = report?.ReasonCode ?? "",
            Reason = ReasonOf(node),
            Since = report?.StateSince?.ToDateTimeOffset(),
            Lost = node.Lost,
            Revoked = node.Revoked,
            Open = worker?.IsOpen ?? false,
            Pending = worker?.Pending is { Length: > 0 } pending ? pending : null,
            Drained = node.Drained,
            SnoozedUntil = node.SnoozedUntil > time.GetUtcNow() ? node.SnoozedUntil : null,
            OwnerSnoozedUntil = report?.SnoozedUntil?.ToDateTimeOffset() is { } owners && owners > time.GetUtcNow() ? owners : null,
            Capacity = report?.Capacity is { } capacity
                ? new((int)capacity.Vcpus, (int)capacity.MemoryMib, (long)capacity.DiskMib, capacity.Hypervisor, capacity.Accelerator)
                : null,
            Guests = report is null ? [] : [.. report.Guests.Select(guest => GuestOf(guest, clouds.Find(node.Cloud)?.Guests))],
            Monitors = report is null ? [] : [.. report.Monitors.Select(WatcherOf)],
            Conditions = report is null ? [] : [.. report.Conditions.Select(WatcherOf)],
            Obstacles = report is null
                ? []
                : [
                    .. report.Obstacles.Select(
                        obstacle => new ObstacleView(obstacle.Code, obstacle.Source, obstacle.Sentence, obstacle.Remedy))],
            Health = report is null ? [] : [.. report.Health.Select(HealthOf)],
            LastFreeze = report?.LastFreeze is { } freeze
                ? new(freeze.At?.ToDateTimeOffset(), freeze.StillMs, freeze.LeakedCpuMs, (int)freeze.Guests, freeze.Brake)
                : null,
            LastHeard = node.LastHeard,
            Enrolled = node.Enrolled,
            AgentVersion = report?.AgentVersion ?? "",
        };
    }

    public static HealthView HealthOf(HealthReport item) => new(item.Code, item.Severity, item.Sentence, item.Remedy);

    private string ReasonOf(NodeRecord node)
    {
        var target = FleetPlan.Target(new FleetCase
        {
            State = ReportReading.StateOf(node.Report),
            Reason = ReportReading.ReasonOf(node.Report),
            Lost = node.Lost,
            Revoked = node.Revoked,
            Drained = node.Drained,
            Snoozed = node.SnoozedUntil > time.GetUtcNow(),
        });
        var last = ReportReading.ReasonOf(node.Report).Sentence;
        if (target.Open) return last;
        // The present reason instead of that of the last change, where it is the node's own.
        return target.Reason == last && node.Report is { State: NodeStateKind.InUse, Obstacles.Count: > 0 } report
            ? report.Obstacles[0].Sentence
            : target.Reason;
    }

    private static NodeGuestView GuestOf(GuestReport guest, IGuestSource? source) => new()
    {
        Id = guest.GuestId,
        Name = GuestId.TryParse(guest.GuestId, out var id) ? source?.NameOf(id) ?? "" : "",
        Phase = guest.Phase,
        Sentence = guest.Sentence,
        Since = guest.PhaseSince?.ToDateTimeOffset(),
        Progress = guest.Progress,
        HoldMs = ReportReading.Measured(guest.HoldMs),
        ThawMs = ReportReading.Measured(guest.ThawMs),
    };

    private static WatcherView WatcherOf(WatcherReport watcher) => new(watcher.Name, watcher.Ok, (int)watcher.Sources, watcher.Sentence);
}
