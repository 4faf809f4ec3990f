using Opportunism.Clouds;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Server.Events;

namespace Opportunism.Controller.CloudActions;

/// <summary>Keeps one node and its cloud in agreement, in a loop, and records events about what was done and what waits. One worker per
/// node, so its actions follow one another in the plan's order.</summary>
internal sealed partial class CloudActionWorker
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly NodeId node;
    private readonly NodeRegistry fleet;
    private readonly Level<NodeRecord> level;
    private readonly Cloud cloud;
    private readonly EventLog events;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly NodeAgreement agreement;
    private string pending = "";
    private long comparesAgain;

    public CloudActionWorker(
        NodeId node, NodeRegistry fleet, Cloud cloud, EventLog events, ControllerOptions options, TimeProvider time, ILogger log)
    {
        (this.node, this.fleet, this.cloud, this.events, this.time, this.log) = (node, fleet, cloud, events, time, log);
        level = fleet.LevelOf(node) ?? throw new ArgumentException($"Node {node} is not enrolled.", nameof(node));
        agreement = new NodeAgreement(node, cloud.Hosts, time, options.CompareEvery, LongestRetry) { Answered = LogAnswer, Runs = Runs };
    }

    /// <summary>What failed and why; empty when nothing waits.</summary>
    public string Pending => Volatile.Read(ref pending);

    /// <summary>True while the cloud may place guests on the node, as last seen.</summary>
    public bool IsOpen => agreement.Host is { Open: true };

    /// <summary>When wanted and actual are compared again if nothing changes before; null while the worker does a step.</summary>
    public DateTimeOffset? ComparesAgain =>
        Volatile.Read(ref comparesAgain) is var ticks && ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = level.Current;
            TimeSpan wait;
            IReadOnlyList<GuestId> waitsFor = [];
            try
            {
                var target = FleetPlan.Target(CaseOf(seen));
                var step = await agreement.StepAsync(target, cancellationToken);
                if (cloud.Guests is null && agreement.Host is { } host)
                    await fleet.ShowAsync(node, GuestsOf(host, target), cancellationToken);
                Note(step.Sentence, step.IsNotable);
                (wait, waitsFor) = (step.Wait, step.WaitsFor);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // A driver that throws must not end the worker: the node would stay open for ever.
                wait = agreement.Invalidate();
                WorkerFailed(node.Value, failure);
                Note($"the {cloud.Name} cloud's driver failed: {failure.Message}");
            }

            await WaitAsync(seen, wait, waitsFor, cancellationToken);
        }
    }

    private void LogAnswer(CloudAction action, CloudAnswer answer)
    {
        ActionAnswered(node.Value, action.Sentence, answer.Outcome, answer.Sentence);
        if (answer.Outcome is CloudOutcome.Done && action is not CloudAction.Settle)
            events.Add(KindOf(action), HealthSeverity.Note, node, action.About, $"Node {node}: {action.Sentence}");
    }

    /// <summary>Shows what waits or needs a person; logged once.</summary>
    private void Note(string why, bool log = true)
    {
        if (Pending == why) return;
        Volatile.Write(ref pending, why);
        if (why.Length == 0 || !log) return;
        events.Add("cloud.waits", HealthSeverity.Warning, node, null, $"Node {node}: waits, {why}");
        ActionWaits(node.Value, why);
    }

    /// <summary>Waits until the time has passed, the node's target has changed, or one of the guests that are waited for runs: a new report
    /// alone does not shorten the delay.</summary>
    private async Task WaitAsync(NodeRecord seen, TimeSpan wait, IReadOnlyList<GuestId> waitsFor, CancellationToken cancellationToken)
    {
        var target = FleetPlan.Target(CaseOf(seen));
        using var patience = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        Volatile.Write(ref comparesAgain, (time.GetUtcNow() + wait).UtcTicks);
        try
        {
            while (FleetPlan.Target(CaseOf(seen)) is var now && now.Open == target.Open && now.Empty == target.Empty
                && now.Lost == target.Lost)
            {
                if (waitsFor.Any(Runs)) return;
                seen = await level.NewerThanAsync(seen, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            Volatile.Write(ref comparesAgain, 0);
        }

        // The target has changed: act at once.
        agreement.ResetRetries();
    }

    private bool Runs(GuestId guest) =>
        level.Current.Report?.Guests.Any(report => report.GuestId == guest.Value && report.Phase == nameof(GuestPhase.Running)) ?? false;

    /// <summary>The cloud's data about guests for the node's agent. Guests that must run to leave are named only once they should leave:
    /// then they may run although the owner is there.</summary>
    private static CloudGuests GuestsOf(CloudHost host, HostTarget target) => new()
    {
        MustRun = { host.Guests.Where(guest => target.Empty && guest.MustRun).Select(guest => guest.Id.Value) },
        Paused = { host.Guests.Where(guest => guest.Paused).Select(guest => guest.Id.Value) },
    };

    private FleetCase CaseOf(NodeRecord record) => new()
    {
        State = ReportReading.StateOf(record.Report),
        Reason = ReportReading.ReasonOf(record.Report),
        Lost = record.Lost,
        Revoked = record.Revoked,
        Drained = record.Drained,
        Snoozed = record.SnoozedUntil > time.GetUtcNow(),
    };

    private static string KindOf(CloudAction action) => action switch
    {
        CloudAction.Close => "cloud.close",
        CloudAction.Open => "cloud.open",
        CloudAction.Evict => "cloud.evict",
        _ => "cloud.bring-back",
    };
}
