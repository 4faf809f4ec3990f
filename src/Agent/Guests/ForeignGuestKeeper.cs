using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Handles guests that another program starts on this node and gets off it: holds them soon after a freeze, releases them after a
/// thaw.</summary>
/// <remarks>
/// The deciding thread freezes and thaws and waits for nothing. A frozen guest's hypervisor does not reply, so the guest cannot be evicted;
/// a held one's replies. So the order is: freeze, hold, and then the controller has their cloud evict them. All fields belong to the loop.
/// </remarks>
internal sealed partial class ForeignGuestKeeper(
    IForeignGuests guests, Level<NodeStatus> node, Level<NodePlan> plan, TimeProvider time, ILogger<ForeignGuestKeeper> log) : IGuestKeeper
{
    // What could not be done because libvirt or a guest did not reply is retried this often.
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    // A tick guest needs a second, an ordinary Linux a few; the owner, who stays, should not be disturbed for longer.
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(30);

    private readonly PassLoop loop = new(guests, node, plan, time, fault => LogFault(log, fault));
    private readonly PhaseTimes since = new(time);
    private readonly Dictionary<GuestId, Task<GuestAnswer>> releases = [];
    private readonly Dictionary<GuestId, long> notBefore = [];

    // Guests that were allowed to run during this visit of the owner so that they can leave: once each.
    private readonly HashSet<GuestId> letLeave = [];
    private CloudGuests? cloud;
    private HashSet<GuestId> mustRun = [];
    private HashSet<GuestId> paused = [];
    private HypervisorProbe probe = new("", "", []);
    private long heldFor;
    private long? failedAt;

    /// <inheritdoc/>
    public Level<GuestsReport> Reports { get; } = new(GuestsReport.NotYet);

    /// <inheritdoc/>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await guests.RecoverAsync(cancellationToken);
        probe = await guests.ProbeAsync(cancellationToken);
        LogReady(log, guests.Name, probe.Version, guests.Guests.Count);
        Report();
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await loop.RunAsync(PassAsync, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(releases.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>When to check again although nothing has changed; null for not at all.</returns>
    private async Task<TimeSpan?> PassAsync(CancellationToken cancellationToken)
    {
        var status = node.Current;
        await CollectAsync();
        TakeUpPlan();
        if (status.State != NodeState.Evicting) letLeave.Clear();
        var next = status.State switch
        {
            NodeState.Frozen => await HoldAsync(status, cancellationToken),

            // Paused ones have stayed: their cloud must be able to reach them.
            NodeState.InUse when guests.GuestsInMemory > 0 => await HoldAsync(status, cancellationToken),
            NodeState.Evicting => await EvictAsync(status, cancellationToken),
            NodeState.Available => Release(cancellationToken),
            _ => null,
        };
        Report();
        return next;
    }

    /// <summary>Holds all guests, and then allows those to run that their cloud cannot get off the node otherwise: a held guest does not
    /// react to its power button, and never boots.</summary>
    private async Task<TimeSpan?> EvictAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        var next = await HoldAsync(status, cancellationToken);
        foreach (var guest in guests.Guests.Where(
            guest => guest is { Phase: GuestPhase.Held, PausedByOthers: false } && mustRun.Contains(guest.Id)))
        {
            if (releases.ContainsKey(guest.Id) || letLeave.Contains(guest.Id)) continue;
            if (WaitOf(guest.Id) is var wait && wait > TimeSpan.Zero)
            {
                next = Waits.Sooner(next, wait);
                continue;
            }

            letLeave.Add(guest.Id);
            LogLetLeave(log, guest.Id, LeaveWithin);
            releases[guest.Id] = GoOnAsync(guest.Id, id => guests.LetLeaveAsync(id, LeaveWithin, cancellationToken));
        }

        return next;
    }

    /// <summary>Holds all guests once they have been frozen for long enough, at once when they are to leave, and again whenever one runs
    /// nevertheless.</summary>
    private async Task<TimeSpan?> HoldAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        // Again after each freeze, also when all are held already: until they are thawed while held, no program can reach them.
        if (heldFor == status.SinceTimestamp && guests.Guests.All(guest => guest.Phase != GuestPhase.Running || guest.Leaving)) return null;
        var due = status.State == NodeState.Evicting ? TimeSpan.Zero : status.Times.HoldAfter - time.GetElapsedTime(status.SinceTimestamp);
        if (due <= TimeSpan.Zero && failedAt is { } failed) due = TryAgainAfter - time.GetElapsedTime(failed);
        if (due > TimeSpan.Zero) return due;
        var answer = await guests.HoldAllAsync(cancellationToken);
        if (answer.IsDone)
        {
            heldFor = status.SinceTimestamp;
            failedAt = null;
            LogHeld(log, guests.Guests.Count(guest => guest.Phase == GuestPhase.Held), answer.Outcome);
            return null;
        }

        if (failedAt is null) LogNotHeld(log, answer.Sentence);
        failedAt = time.GetTimestamp();
        return TryAgainAfter;
    }

    /// <summary>Applies the guests' states in their cloud. A plan without them, as after a start of the controller, changes
    /// nothing.</summary>
    private void TakeUpPlan()
    {
        if (plan.Current.CloudGuests is not { } newest || ReferenceEquals(newest, cloud)) return;
        cloud = newest;
        (mustRun, paused) = (IdsOf(newest.MustRun), IdsOf(newest.Paused));
        guests.LeavePaused(paused);
    }

    private static HashSet<GuestId> IdsOf(IEnumerable<string> words)
    {
        var ids = new HashSet<GuestId>();
        foreach (var word in words)
        {
            if (GuestId.TryParse(word, out var id)) ids.Add(id);
        }

        return ids;
    }

    /// <summary>Releases every guest that only this node keeps from running. The loop does not wait for it, since a hold must not wait for
    /// it.</summary>
    private TimeSpan? Release(CancellationToken cancellationToken)
    {
        failedAt = null;
        TimeSpan? next = null;
        foreach (var guest in guests.Guests.Where(
            guest => guest is { InMemory: true, PausedByOthers: false } && (guest.Phase == GuestPhase.Held || guest.Sentence.Length > 0)))
        {
            if (releases.ContainsKey(guest.Id) || (guest.Phase == GuestPhase.Held && paused.Contains(guest.Id))) continue;
            if (WaitOf(guest.Id) is var wait && wait > TimeSpan.Zero) next = Waits.Sooner(next, wait);
            else releases[guest.Id] = GoOnAsync(guest.Id, id => guests.ReleaseAsync(id, cancellationToken));
        }

        return next;
    }

    /// <summary>How long until a guest's release may be requested again; not positive for now.</summary>
    private TimeSpan WaitOf(GuestId id) =>
        notBefore.TryGetValue(id, out var from) ? time.GetElapsedTime(time.GetTimestamp(), from) : TimeSpan.Zero;

    private async Task<GuestAnswer> GoOnAsync(GuestId id, Func<GuestId, Task<GuestAnswer>> goOn)
    {
        try
        {
            await Task.Yield();
            return await goOn(id);
        }
        finally
        {
            loop.Wake();
        }
    }

    private async Task CollectAsync()
    {
        foreach (var (id, release) in releases.Where(release => release.Value.IsCompleted).ToArray())
        {
            releases.Remove(id);
            var answer = await release;
            // Done or not: libvirt's status may change a moment after its reply.
            notBefore[id] = time.GetTimestamp() + (long)(TryAgainAfter.TotalSeconds * time.TimestampFrequency);
            if (!answer.IsDone) letLeave.Remove(id);
            if (!answer.IsDone && node.Current.State is NodeState.Available or NodeState.Evicting) LogNotReleased(log, id, answer.Sentence);
        }

        foreach (var gone in notBefore.Keys.Except(guests.Guests.Select(guest => guest.Id)).ToArray()) notBefore.Remove(gone);
    }

    private void Report()
    {
        var here = guests.Guests;
        var planned = plan.Current.Guests.Count;
        IEnumerable<HealthItem> health = [.. probe.Health, .. guests.Health];
        if (planned > 0)
            health = health.Append(
                new HealthItem(
                    "guests.plan.not-run-here", HealthSeverity.Warning,
                    $"The plan names {planned} guests, but this node only looks after guests that {guests.Name} has.",
                    "Set [Guests] Hypervisor to qemu for a node whose guests the controller places itself."));
        var next = new GuestsReport([.. here.Select(Describe)], [.. health], plan.Current.Version, Capacity: null);
        since.KeepOnly(next.Guests);
        if (!next.SaysTheSameAs(Reports.Current)) Reports.Set(next);
    }

    private GuestReport Describe(GuestStatus guest)
    {
        var phase = guest.Phase.ToString();
        return new GuestReport
        {
            GuestId = guest.Id.Value,
            Phase = phase,
            Sentence = NodeContract.Sentence(guest.Sentence),
            PhaseSince = since.Of(guest.Id, phase),
            HoldMs = guest.LastHold?.TotalMilliseconds ?? 0,
            ThawMs = guest.LastRelease?.TotalMilliseconds ?? 0,
        };
    }
}
