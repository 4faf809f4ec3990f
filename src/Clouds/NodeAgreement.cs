using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>Brings one node and its cloud to agree, step by step: read, plan, act, at least once each.</summary>
/// <remarks>One caller at a time. It waits only for the cloud and notifies only its caller, which decides when to take the next step and
/// what to show.</remarks>
/// <param name="node">The node.</param>
/// <param name="cloud">Its cloud.</param>
/// <param name="time">The clock.</param>
/// <param name="compareEvery">How often wanted and actual are compared when nothing changes.</param>
/// <param name="longestRetry">The longest wait after a failure.</param>
public sealed class NodeAgreement(NodeId node, IHostCloud cloud, TimeProvider time, TimeSpan compareEvery, TimeSpan longestRetry)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    // How soon to read guests again that are leaving; a cloud takes seconds for each.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    // A minute of readings; whatever a cloud does with a guest takes seconds.
    private const int PatientLooks = 30;

    // A build that was under way when the node closed is on no list before its host has claimed it; measured builds take up to 13 s.
    private static readonly TimeSpan BuildsAppearFor = TimeSpan.FromMinutes(1);

    // A guest runs again within milliseconds once its agent has the plan; one whose agent cannot be reached is ended by force by its cloud,
    // at the cloud's own time limit.
    private static readonly TimeSpan GuestsRunWithin = TimeSpan.FromSeconds(5);

    // How many requests a cloud gets at once; a desktop seldom has more guests.
    private const int GuestsAtOnce = 8;

    private readonly Lock telling = new();

    // Guests that must run to leave, and since when they should leave.
    private readonly Dictionary<GuestId, long> mustRun = [];
    private CloudHost? host;
    private int failures;
    private long closed;
    private int unchanged;
    private string lastShape = "";

    /// <summary>Whether a guest runs at this moment. One that must run to leave is evicted only once it does, or after 5 s; null when that
    /// cannot be found out: then no guest is waited for.</summary>
    public Func<GuestId, bool>? Runs { get; init; }

    /// <summary>Called after every action with the cloud's answer. Actions on guests overlap: any thread, but one call at a time.</summary>
    public Action<CloudAction, CloudAnswer>? Answered { get; init; }

    /// <summary>The node as it was last read from the cloud or changed there; null when that is unknown. Any thread.</summary>
    public CloudHost? Host => Volatile.Read(ref host);

    /// <summary>The target has changed: the retry delay after earlier failures no longer applies.</summary>
    public void ResetRetries() => failures = 0;

    /// <summary>The driver threw: its earlier readings of the node are dropped. Returns when to take the next step.</summary>
    public TimeSpan Invalidate()
    {
        Volatile.Write(ref host, null);
        return Later();
    }

    /// <summary>One comparison of wanted and actual, and the actions that follow from it.</summary>
    public async Task<AgreementStep> StepAsync(HostTarget target, CancellationToken cancellationToken)
    {
        // Closing does not wait for a reading: a node that may be open is closed first, before anything else.
        if (!target.Open && host is not { Open: false })
        {
            foreach (var action in FleetPlan.Next(target, host).OfType<CloudAction.Close>())
            {
                var answer = await TryAsync(action, cancellationToken);
                if (!answer.IsDone) return Hindered([new(action, answer)], needsPerson: answer.Outcome is not CloudOutcome.TryLater);
            }
        }

        var sight = await cloud.LookAsync(node, cancellationToken);
        if (sight.Host is null)
        {
            Volatile.Write(ref host, null);
            return Hindered([new(null, sight.Answer)], needsPerson: sight.Answer.Outcome is not CloudOutcome.TryLater);
        }

        Volatile.Write(ref host, sight.Host);
        var acted = false;
        var hindrances = new List<AgreementStep.Hindrance>();
        var actions = FleetPlan.Next(target, sight.Host);
        var waitsFor = WaitsFor(sight.Host, actions);

        // First the node, then its guests, then marks; but guests at the same time, since none should wait for another.
        foreach (var together in actions.Where(action => !(action is CloudAction.Evict evict && waitsFor.Contains(evict.Guest)))
            .GroupBy(RankOf))
        {
            var tried = await TryAllAsync([.. together], cancellationToken);
            acted |= tried.Any(one => one.Answer.IsDone);
            hindrances.AddRange(tried.Where(one => !one.Answer.IsDone));

            // Nothing else is useful before the node is open or closed.
            if (together.Key == 0 && hindrances.Count > 0) break;
        }

        var mayChange = acted || waitsFor.Count > 0 || MayChangeSoon(target, sight.Host);
        if (hindrances.Count > 0)
            return Waiting(
                waitsFor,
                Hindered(hindrances, !mayChange && hindrances.TrueForAll(left => left.Answer.Outcome is not CloudOutcome.TryLater)));
        failures = 0;
        if (acted) unchanged = 0;
        return Waiting(waitsFor, new AgreementStep
        {
            Wait = mayChange ? Soon(sight.Host) : compareEvery,
            Sentence = string.Join(
                "; ",
                sight.Host.Guests.Select(guest => guest.Sentence).Prepend(sight.Host.Sentence).Where(sentence => sentence.Length > 0)),

            // What the cloud is doing now is shown, but ends by itself.
            IsNotable = sight.Host.Sentence.Length > 0
                || sight.Host.Guests.Any(guest => guest is { Sentence.Length: > 0, State: not CloudGuestState.Busy }),
            AtRest = !mayChange,
        });
    }

    /// <summary>The same step, but with the next one at the latest when the wait for a guest times out.</summary>
    private AgreementStep Waiting(List<GuestId> waitsFor, AgreementStep step)
    {
        if (waitsFor.Count == 0) return step;
        var longest = GuestsRunWithin - waitsFor.Max(id => time.GetElapsedTime(mustRun[id]));
        return step with { WaitsFor = waitsFor, Wait = longest < step.Wait ? longest : step.Wait };
    }

    private AgreementStep Hindered(IReadOnlyList<AgreementStep.Hindrance> hindrances, bool needsPerson) => new()
    {
        Wait = Later(),
        Hindrances = hindrances,
        Sentence = string.Join(
            "; ",
            hindrances.Select(left => $"{left.Action?.Sentence ?? $"a look at it in the {cloud.Name} cloud"}: {left.Answer.Sentence}")),
        IsNotable = true,
        NeedsPerson = needsPerson,
    };

    /// <summary>How long to wait after a failure, twice as long each time.</summary>
    private TimeSpan Later() => new Backoff(FirstRetry, longestRetry).After(++failures);

    /// <summary>When to read again what is under way: soon, and less and less often while nothing changes, because a task that hangs can
    /// hang for days.</summary>
    private TimeSpan Soon(CloudHost seen)
    {
        var shape = string.Join(' ', seen.Guests.Select(guest => $"{guest.Id}{guest.State}").Order(StringComparer.Ordinal));
        unchanged = shape == lastShape ? unchanged + 1 : 0;
        lastShape = shape;
        return new Backoff(LookAgain, compareEvery).After(1 + Math.Max(0, unchanged - PatientLooks));
    }

    /// <summary>True while the cloud does something with guests there, or may still place some whose build had begun.</summary>
    private bool MayChangeSoon(HostTarget target, CloudHost seen) =>
        seen.Guests.Any(guest => guest.State is CloudGuestState.Busy)
        || (cloud.Capabilities.BuildsAppearLate && target.Empty && closed != 0 && time.GetElapsedTime(closed) < BuildsAppearFor);

    /// <summary>Guests that must run before their cloud is asked to get them off the node, and do not run yet.</summary>
    private List<GuestId> WaitsFor(CloudHost seen, IReadOnlyList<CloudAction> actions)
    {
        var named = seen.Guests.Where(guest => guest.MustRun).Select(guest => guest.Id)
            .Intersect(actions.OfType<CloudAction.Evict>().Select(evict => evict.Guest)).ToHashSet();
        foreach (var id in mustRun.Keys.Except(named).ToList()) mustRun.Remove(id);
        foreach (var id in named) mustRun.TryAdd(id, time.GetTimestamp());
        return Runs is null ? [] : [.. named.Where(id => time.GetElapsedTime(mustRun[id]) < GuestsRunWithin && !Runs(id))];
    }

    private static int RankOf(CloudAction action) => action switch
    {
        CloudAction.Open or CloudAction.Close => 0,
        { About: not null } => 1,
        _ => 2,
    };

    private async Task<AgreementStep.Hindrance[]> TryAllAsync(CloudAction[] actions, CancellationToken cancellationToken)
    {
        var tried = new AgreementStep.Hindrance[actions.Length];
        await Parallel.ForAsync(
            0, actions.Length, new ParallelOptions { MaxDegreeOfParallelism = GuestsAtOnce, CancellationToken = cancellationToken },
            async (index, token) =>
        {
            tried[index] = new(actions[index], await TryAsync(actions[index], token));
        });
        return tried;
    }

    private async Task<CloudAnswer> TryAsync(CloudAction action, CancellationToken cancellationToken)
    {
        var answer = action switch
        {
            CloudAction.Close close => await cloud.CloseAsync(node, close.Reason, cancellationToken),
            CloudAction.Open => await cloud.OpenAsync(node, cancellationToken),
            CloudAction.Evict evict => await cloud.EvictAsync(node, evict.Guest, cancellationToken),
            CloudAction.BringBack back => await cloud.BringBackAsync(node, back.Guest, cancellationToken),
            CloudAction.Settle settle => await cloud.SettleAsync(node, settle.Target, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown action {action}."),
        };
        if (answer.IsDone && action is CloudAction.Open or CloudAction.Close)
        {
            Volatile.Write(ref host, (host ?? new CloudHost(false, [])) with { Open = action is CloudAction.Open });

            // A node that was closed already has been closed at least since we closed it.
            if (action is CloudAction.Open) closed = 0;
            else if (closed == 0 || answer.Outcome is CloudOutcome.Done) closed = time.GetTimestamp();
        }

        lock (telling) Answered?.Invoke(action, answer);
        return answer;
    }
}
