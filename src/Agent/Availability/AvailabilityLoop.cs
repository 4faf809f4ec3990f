using Microsoft.Extensions.Logging;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Availability;

/// <summary>The one thread that decides whether this node may run guests, and stops them when it may not.</summary>
/// <remarks>
/// The way of a key press: 1. a monitor calls the ledger, the ledger calls <see cref="Wake"/>; 2. the kernel wakes <see cref="Run"/>;
/// 3. <see cref="Step"/> builds a <see cref="Moment"/> and asks the rules; 4. <see cref="Enter"/> stops the guests; 5. only then
/// is anything told: status, log. Up to 5 nothing is allocated, locked, logged or waited for.
/// </remarks>
internal sealed partial class AvailabilityLoop : IWakeable
{
    private readonly ActivityLedger ledger;
    private readonly MonitorWatch watch;
    private readonly ConditionSet conditions;
    private readonly GuestBrake brake;
    private readonly IMachineGuests guests;
    private readonly Level<NodePolicy> policy;
    private readonly IWakeUp wakeUp;
    private readonly TimeProvider time;
    private readonly ILogger<AvailabilityLoop> log;
    private volatile NodeState state;
    private volatile bool takenBack;
    private volatile bool reconsider;
    private long enteredAt;
    private long? sampledAt;

    public AvailabilityLoop(
        ActivityLedger ledger, MonitorWatch watch, ConditionSet conditions, GuestBrake brake, IMachineGuests guests,
        Level<NodePolicy> policy, IWakeUp wakeUp, TimeProvider time, ILogger<AvailabilityLoop> log)
    {
        (this.ledger, this.watch, this.conditions, this.brake, this.guests) = (ledger, watch, conditions, brake, guests);
        (this.policy, this.wakeUp, this.time, this.log) = (policy, wakeUp, time, log);
        state = guests.GuestsInMemory > 0 ? NodeState.Frozen : NodeState.InUse;
        enteredAt = time.GetTimestamp();
        Status = new(new NodeStatus(state, new(ReasonCode.Starting), time.GetUtcNow(), enteredAt, policy.Current.Times));
        LastFreeze = new(None);
    }

    /// <summary>Stands for "never" in <see cref="LastFreeze"/>.</summary>
    public static FreezeRecord None { get; } = new(DateTimeOffset.MinValue, 0, default);

    /// <summary>What was decided last.</summary>
    public Level<NodeStatus> Status { get; }

    /// <summary>How guests were stopped last.</summary>
    public Level<FreezeRecord> LastFreeze { get; }

    /// <summary>How long no monitor has seen the owner.</summary>
    public TimeSpan QuietFor => time.GetElapsedTime(ledger.LastSeenTimestamp);

    /// <summary>The monitor that saw the owner last, and on which device where that is known; for people at this desktop.</summary>
    public string LastSeen => ledger is { LastSource: { } source, LastSeenBy: var monitor } ? $"{monitor}: {source.Text}" : ledger.LastSeenBy;

    /// <summary>A monitor saw the owner. Only a lent node must know at once; else the next step finds it in the ledger, and a busy mouse wakes nobody.</summary>
    public void Wake()
    {
        if (state == NodeState.Available) wakeUp.Wake();
    }

    /// <summary>Something else has changed (guests, plan, snooze): the conditions are read anew and the state decided again. Any thread.</summary>
    public void Reconsider()
    {
        reconsider = true;
        wakeUp.Wake();
    }

    /// <summary>The owner wants all guests gone, once. Any thread.</summary>
    public void TakeBack()
    {
        takenBack = true;
        wakeUp.Wake();
    }

    /// <summary>Decides until cancelled or until something throws, and leaves the guests frozen either way. Blocks its thread, which should be its own.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(wakeUp.Wake);
        try
        {
            // A node that starts knows nothing: guests stand still until it does.
            brake.FreezeAll();
            while (!cancellationToken.IsCancellationRequested) wakeUp.Wait(Step());
        }
        finally
        {
            var last = brake.FreezeAll();
            LogStopped(guests.GuestsInMemory, last.Brake);
        }
    }

    /// <summary>Decides until nothing more changes; answers after how long to decide again, null when only an event can change anything.</summary>
    internal TimeSpan? Step()
    {
        // First with what is known: an owner who comes back does not wait until the conditions have been read.
        Decide();
        var untilSample = SampleConditions(out var sampled);
        if (sampled) Decide();

        // Taken back with nothing here: done.
        if (state == NodeState.InUse) takenBack = false;
        if (!ReferenceEquals(Status.Current.Times, policy.Current.Times)) Status.Set(Status.Current with { Times = policy.Current.Times });
        var untilChange = AvailabilityRules.ChangesIn(Now(), policy.Current.Times);
        return untilChange < untilSample ? untilChange : untilSample;
    }

    private void Decide()
    {
        while (AvailabilityRules.Next(Now(), policy.Current.Times) is { } verdict) Enter(verdict);
    }

    private Moment Now() => new()
    {
        State = state,
        InState = time.GetElapsedTime(enteredAt),
        QuietFor = time.GetElapsedTime(ledger.LastSeenTimestamp),
        AwayFor = ledger.AwayFor(policy.Current.Times.IdleFor),
        LastSeenBy = ledger.LastSeenBy,
        BlindMonitor = watch.BlindMonitor,
        FailingCondition = conditions.Failing,
        TakenBackBy = takenBack ? "the owner" : policy.Current.Drained ? "the operator" : null,
        OwnerNeedsMemory = conditions.OwnerNeedsMemory,
        Guests = guests.GuestsInMemory,
        PausedGuests = guests.PausedGuests,
    };

    /// <summary>Carries a verdict out: guests first, everything else after.</summary>
    private void Enter(Verdict verdict)
    {
        var from = state;
        BrakeResult result = default;
        // Before the thaw, so that activity from now on wakes this thread at once.
        state = verdict.State;
        enteredAt = time.GetTimestamp();
        switch (verdict.State)
        {
            // Leaving Available also without guests: one may be starting at this very moment.
            case NodeState.Frozen or NodeState.InUse:
                result = brake.FreezeAll();
                break;
            case NodeState.Available:
                if (!brake.ThawAll()) LogThawRefused();
                break;
                // Evicting: guests stay as they are; they are held or frozen, and leave from there.
        }

        Tell(from, verdict, result);
    }

    private void Tell(NodeState from, Verdict verdict, BrakeResult result)
    {
        var inMemory = guests.GuestsInMemory;
        var now = time.GetUtcNow();
        if (verdict.State == NodeState.Frozen) LastFreeze.Set(new(now, inMemory, result));
        Status.Set(new NodeStatus(verdict.State, verdict.Reason, now, enteredAt, policy.Current.Times));
        LogEntered(from, verdict.State, verdict.Reason.Sentence, inMemory);
        if (verdict.State != NodeState.Frozen) return;
        if (result.Brake == Brake.Freeze) LogFrozen(inMemory, result.StillIn.TotalMilliseconds, result.LeakedCpu.TotalMilliseconds, verdict.Reason.Source);
        else if (result.Brake == Brake.None) LogNotStopped(inMemory);
        else LogCruderBrake(result.Brake, inMemory, result.StillIn.TotalMilliseconds);
    }

    private TimeSpan SampleConditions(out bool sampled)
    {
        var now = time.GetTimestamp();
        sampled = reconsider || sampledAt is not { } before || time.GetElapsedTime(before, now) >= ICondition.SampledEvery;
        if (!sampled) return ICondition.SampledEvery - time.GetElapsedTime(sampledAt!.Value, now);
        reconsider = false;
        sampledAt = now;
        conditions.Sample(now);
        return ICondition.SampledEvery;
    }
}
