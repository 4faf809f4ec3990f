using System.Globalization;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Server.Events;

namespace Opportunism.Controller.Fleet;

/// <summary>Passes changes on to the parts that depend on them: fleet, cloud, plans, events.</summary>
internal sealed partial class FleetEvents(NodeRegistry fleet, SiteClouds clouds, NodePlans plans, EventLog events, ILogger<FleetEvents> log)
{
    /// <summary>Reads the stored state. Called once, before the first request.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await clouds.StartAsync(cancellationToken);
        fleet.Changed = NodeChangedAsync;
        await fleet.LoadAsync(cancellationToken);
    }

    private async Task NodeChangedAsync(NodeRecord? before, NodeRecord after, CancellationToken cancellationToken)
    {
        if (before is not null) AddEvents(before, after);

        // The plan is made first, so that the revision of the version that the report acknowledges is found, and again last, so that it
        // contains the cloud's changes.
        if (plans.LevelOf(after.Id) is null) plans.Rebuild(after);
        if (clouds.Find(after.Cloud)?.Guests is { } source)
        {
            await source.ObserveAsync(
                ReportReading.ObservationOf(after, plans.RevisionOf(after.Id, after.Report?.PlanVersion ?? 0)), cancellationToken);
        }

        plans.Rebuild(after);
    }

    /// <summary>Makes a node's plan again, since something in it may have changed. Any thread.</summary>
    public void RebuildPlan(NodeId node)
    {
        if (fleet.Find(node) is { } record) plans.Rebuild(record);
    }

    private void AddEvents(NodeRecord before, NodeRecord after)
    {
        var id = after.Id;
        if (after.Revoked && !before.Revoked)
            Say("node.revoked", HealthSeverity.Warning, "its credential was revoked; enrol the desktop again");
        if (after.Lost && !before.Lost) Say("node.lost", HealthSeverity.Warning, "lost: no report received; closed until it reports again");
        if (!after.Lost && before.Lost) Say("node.back", HealthSeverity.Note, "reporting again");
        if (after.Drained != before.Drained)
            Say(
                after.Drained ? "node.drained" : "node.undrained", HealthSeverity.Note,
                after.Drained ? "drained by an operator" : "undrained by an operator");
        if (after.SnoozedUntil != before.SnoozedUntil)
            Say(
                "node.snoozed", HealthSeverity.Note,
                after.SnoozedUntil is { } until ? $"an operator does not lend it until {until:u}" : "an operator ended its snooze");
        if (after.Report is not { } report || ReferenceEquals(report, before.Report)) return;
        if (report.State != before.Report?.State)
            Say("node.state", HealthSeverity.Note, $"it is {ReportReading.StateOf(report)}: {ReportReading.ReasonOf(report).Sentence}");
        if (report.LastFreeze is { } freeze && !freeze.Equals(before.Report?.LastFreeze))
        {
            Say(
                "node.freeze", freeze.Brake == "freeze" || freeze.Guests == 0 ? HealthSeverity.Note : HealthSeverity.Warning,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{freeze.Guests} guests frozen in {freeze.StillMs:0.##} ms, {freeze.LeakedCpuMs:0.##} ms of CPU used meanwhile; "
                        + $"brake: {freeze.Brake}"));
        }

        foreach (var item in report.Health.Where(item => before.Report?.Health.Any(old => old.Code == item.Code) is not true))
            AddHealthEvent(id, item);

        void Say(string kind, HealthSeverity severity, string sentence)
        {
            events.Add(kind, severity, id, null, $"Node {id}: {sentence}");
            NodeNews(id.Value, sentence);
        }
    }

    private void AddHealthEvent(NodeId node, HealthReport item)
    {
        var severity = EnumName.TryParse<HealthSeverity>(item.Severity, out var known) ? known : HealthSeverity.Warning;
        events.Add("node.health", severity, node, null, $"Node {node}: {item.Sentence} {item.Remedy}".TrimEnd());
    }
}
