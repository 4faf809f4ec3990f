using Opportunism.Clouds;
using Opportunism.Controller.Events;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Core.Health;

namespace Opportunism.Controller.CloudActions;

/// <summary>Brings one node and its cloud to agree, again and again: look, plan, act, at least once each. One worker per node, so its actions follow one another in the plan's order.</summary>
internal sealed partial class CloudActionWorker(NodeId node, Level<NodeRecord> level, ICloud cloud, EventLog events, ControllerOptions options, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    // How soon to look again at guests that are leaving; a cloud takes seconds for each.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    // A minute of looks; whatever a cloud does with a guest takes seconds.
    private const int PatientLooks = 30;

    // A build that was under way when the node closed is on no list before its host has claimed it; measured builds take up to 13 s.
    private static readonly TimeSpan BuildsAppearFor = TimeSpan.FromMinutes(1);

    private CloudHost? host;
    private int failures;
    private long closed;
    private int unchanged;
    private string lastShape = "";
    private string pending = "";
    private long comparesAgain;

    /// <summary>What could not be done and why; empty when nothing waits.</summary>
    public string Pending => Volatile.Read(ref pending);

    /// <summary>True while the cloud may place guests on the node, as far as is known.</summary>
    public bool IsOpen => Volatile.Read(ref host) is { Open: true };

    /// <summary>When wanted and actual are compared again if nothing changes before; null while the worker is at it.</summary>
    public DateTimeOffset? ComparesAgain => Volatile.Read(ref comparesAgain) is var ticks && ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = level.Current;
            TimeSpan wait;
            try
            {
                wait = await AgreeAsync(seen, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // A driver that breaks its promise must not end the worker: the node would stay open for ever.
                host = null;
                WorkerFailed(node.Value, failure);
                wait = Later($"the {cloud.Name} cloud's driver failed: {failure.Message}");
            }

            await WaitAsync(seen, wait, cancellationToken);
        }
    }

    /// <summary>One comparison of wanted and actual, and what follows from it. Answers when to compare again although nothing changed.</summary>
    private async Task<TimeSpan> AgreeAsync(NodeRecord record, CancellationToken cancellationToken)
    {
        // Closing does not wait for a look: what is not known to be closed is closed blind, before anything else.
        if (!FleetPlan.Wish(CaseOf(record)).Open && host is not { Open: false })
        {
            foreach (var action in FleetPlan.Next(CaseOf(record)).OfType<CloudAction.Close>())
            {
                if (await TryAsync(action, cancellationToken) is { } why) return Later(why);
            }
        }

        var sight = await cloud.LookAsync(node, cancellationToken);
        if (sight.Host is null)
        {
            host = null;
            return Later($"a look at it in the {cloud.Name} cloud: {sight.Answer.Sentence}");
        }

        Volatile.Write(ref host, sight.Host);
        var acted = false;
        var waits = new List<string>();
        foreach (var action in FleetPlan.Next(CaseOf(record)))
        {
            if (await TryAsync(action, cancellationToken) is not { } why) acted = true;
            else waits.Add(why);

            // Nothing else makes sense before the node is open or closed; but one guest never waits for another.
            if (waits.Count > 0 && action is CloudAction.Open or CloudAction.Close) break;
        }

        if (waits.Count > 0) return Later(string.Join("; ", waits));
        failures = 0;

        // What the cloud is at work on is shown, but is no event: it passes by itself.
        var notable = sight.Host.Sentence.Length > 0 || sight.Host.Guests.Any(guest => guest is { Sentence.Length: > 0, State: not CloudGuestState.Busy });
        Note(string.Join("; ", sight.Host.Guests.Select(guest => guest.Sentence).Prepend(sight.Host.Sentence).Where(sentence => sentence.Length > 0)), notable);
        if (acted) unchanged = 0;
        return acted || MayChangeSoon(record, sight.Host) ? Soon(sight.Host) : options.CompareEvery;
    }

    /// <summary>When to look again at what is under way: soon, and less and less often while nothing moves, because a task that hangs can hang for days.</summary>
    private TimeSpan Soon(CloudHost seen)
    {
        var shape = string.Join(' ', seen.Guests.Select(guest => $"{guest.Id}{guest.State}").Order(StringComparer.Ordinal));
        unchanged = shape == lastShape ? unchanged + 1 : 0;
        lastShape = shape;
        var wait = LookAgain * Math.Pow(2, Math.Clamp(unchanged - PatientLooks, 0, 10));
        return wait < options.CompareEvery ? wait : options.CompareEvery;
    }

    /// <summary>True while the cloud is at work on guests there, or may still bring some that it had begun to build.</summary>
    private bool MayChangeSoon(NodeRecord record, CloudHost seen) =>
        seen.Guests.Any(guest => guest.State is CloudGuestState.Busy)
        || (!cloud.Capabilities.GuestsRunByAgents && FleetPlan.Wish(CaseOf(record)).Empty && closed != 0 && time.GetElapsedTime(closed) < BuildsAppearFor);

    /// <summary>Carries out one action; answers null when it is done and else why not.</summary>
    private async Task<string?> TryAsync(CloudAction action, CancellationToken cancellationToken)
    {
        var answer = action switch
        {
            CloudAction.Close close => await cloud.CloseAsync(node, close.Reason, cancellationToken),
            CloudAction.Open => await cloud.OpenAsync(node, cancellationToken),
            CloudAction.Evict evict => await cloud.EvictAsync(node, evict.Guest, cancellationToken),
            CloudAction.BringBack back => await cloud.BringBackAsync(node, back.Guest, cancellationToken),
            CloudAction.Settle settle => await cloud.SettleAsync(node, settle.Wish, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown action {action}."),
        };
        var what = Describe(action);
        ActionAnswered(node.Value, what, answer.Outcome, answer.Sentence);
        if (answer.Outcome is CloudOutcome.Done && action is not CloudAction.Settle) events.Add(KindOf(action), HealthSeverity.Note, node, GuestOf(action), $"Node {node}: {what}");
        if (answer.IsDone && action is CloudAction.Open or CloudAction.Close)
        {
            Volatile.Write(ref host, (host ?? new CloudHost(false, [])) with { Open = action is CloudAction.Open });
            closed = action is CloudAction.Close ? time.GetTimestamp() : 0;
        }

        return answer.IsDone ? null : $"{what}: {answer.Sentence}";
    }

    /// <summary>Notes what waits and answers how long, twice as long each time.</summary>
    private TimeSpan Later(string why)
    {
        Note(why);
        var wait = FirstRetry * Math.Pow(2, Math.Min(failures++, 10));
        return wait < LongestRetry ? wait : LongestRetry;
    }

    /// <summary>Shows what waits or needs a person; told once.</summary>
    private void Note(string why, bool tell = true)
    {
        if (Pending == why) return;
        Volatile.Write(ref pending, why);
        if (why.Length == 0 || !tell) return;
        events.Add("cloud.waits", HealthSeverity.Warning, node, null, $"Node {node}: waits, {why}");
        ActionWaits(node.Value, why);
    }

    /// <summary>Waits for the time to pass, or for the node to change in what is wanted of it: a mere new report does not cut a back-off short.</summary>
    private async Task WaitAsync(NodeRecord seen, TimeSpan wait, CancellationToken cancellationToken)
    {
        var wish = FleetPlan.Wish(CaseOf(seen));
        using var patience = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        Volatile.Write(ref comparesAgain, (time.GetUtcNow() + wait).UtcTicks);
        try
        {
            while (FleetPlan.Wish(CaseOf(seen)) is var now && now.Open == wish.Open && now.Empty == wish.Empty && now.Lost == wish.Lost)
            {
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

        // Something else is wanted now: begin with it at once.
        failures = 0;
    }

    private FleetCase CaseOf(NodeRecord record) => new()
    {
        State = ReportReading.StateOf(record.Report),
        Reason = ReportReading.ReasonOf(record.Report),
        Lost = record.Lost,
        Revoked = record.Revoked,
        Drained = record.Drained,
        Snoozed = record.SnoozedUntil > time.GetUtcNow(),
        Host = host,
    };

    private static string Describe(CloudAction action) => action switch
    {
        CloudAction.Close close => $"closed in the cloud: {close.Reason}",
        CloudAction.Open => "open in the cloud",
        CloudAction.Evict evict => $"guest {evict.Guest} must leave",
        CloudAction.BringBack back => $"guest {back.Guest} goes on",
        CloudAction.Settle { Wish.Lost: true } => "lost in the cloud",
        CloudAction.Settle settle => settle.Wish.Open ? "its network marked as open in the cloud" : "its network marked as closed in the cloud",
        _ => action.ToString(),
    };

    private static string KindOf(CloudAction action) => action switch
    {
        CloudAction.Close => "cloud.close",
        CloudAction.Open => "cloud.open",
        CloudAction.Evict => "cloud.evict",
        _ => "cloud.bring-back",
    };

    private static GuestId? GuestOf(CloudAction action) => action switch
    {
        CloudAction.Evict evict => evict.Guest,
        CloudAction.BringBack back => back.Guest,
        _ => null,
    };
}
