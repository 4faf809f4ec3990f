using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Availability;

/// <summary>The one thread that decides whether this node may run guests, and freezes them when it may not.</summary>
/// <remarks>
/// The way of a key press: 1. a monitor calls the ledger, the ledger calls <see cref="Wake"/>; 2. the kernel wakes <see cref="Run"/>;
/// 3. <see cref="Step"/> builds a <see cref="Moment"/> and asks the rules; 4. <see cref="Enter"/> freezes the guests; 5. only then is
/// the decision handed to two other threads, which show it (<see cref="DecisionPublisher"/>) and log it (<see cref="DecisionLog"/>).
/// This thread never allocates, locks, logs or waits for anything but the kernel, before 5 or after it.
/// </remarks>
internal sealed class AvailabilityLoop : IWakeable
{
    /// <summary>The name under which a desktop that wakes from sleep counts as activity: a person opened it or pressed a button.</summary>
    public const string WokenMachine = "wake-up from sleep";

    /// <summary>Who took a drained node back.</summary>
    public const string Operator = "the operator";

    // The two clocks are read one after the other; no machine sleeps for less.
    private static readonly TimeSpan LeastSleep = TimeSpan.FromMilliseconds(100);

    private readonly ActivityLedger ledger;
    private readonly MonitorWatch watch;
    private readonly ConditionSet conditions;
    private readonly GuestBrake brake;
    private readonly IMachineGuests guests;
    private readonly Level<NodeFlags> flags;
    private readonly IWakeUp wakeUp;
    private readonly TimeProvider time;
    private readonly DecisionPublisher publisher;
    private readonly DecisionLog log;
    private readonly Func<TimeSpan> asleep;
    private readonly Func<bool> hasUpcoming;
    private DecisionPublisher.Decided decided;
    private const string TakeBackCommand = "the command take-back";

    private LendingPause pause;
    private long pausedAt;
    private TimeSpan asleepBefore;
    private volatile NodeState state;
    private volatile bool mayLoad;
    private volatile bool takenBack;
    private volatile bool reconsider;
    private volatile bool ownersWait;
    private long enteredAt;
    private long? sampledAt;
    private TimeSpan? untilCountdown;

    /// <param name="ledger">When the owner was seen last.</param>
    /// <param name="watch">Which monitors see.</param>
    /// <param name="conditions">Sampled by this thread alone.</param>
    /// <param name="brake">Freezes the guests.</param>
    /// <param name="guests">How many there are.</param>
    /// <param name="flags">What the operator wants.</param>
    /// <param name="wakeUp">Where this thread waits.</param>
    /// <param name="time">Clock.</param>
    /// <param name="publishing">Where the publisher waits.</param>
    /// <param name="log">Records what was decided.</param>
    /// <param name="asleep">How long this machine has been asleep since it started; null where that is not known.</param>
    /// <param name="hasUpcoming">Whether suspended guests will be resumed when the node lends; allocates nothing. Null for never.</param>
    public AvailabilityLoop(
        ActivityLedger ledger, MonitorWatch watch, ConditionSet conditions, GuestBrake brake, IMachineGuests guests,
        Level<NodeFlags> flags, IWakeUp wakeUp, TimeProvider time, IWakeUp publishing, DecisionLog log,
        Func<TimeSpan>? asleep = null, Func<bool>? hasUpcoming = null)
    {
        (this.ledger, this.watch, this.conditions, this.brake, this.guests) = (ledger, watch, conditions, brake, guests);
        (this.flags, this.wakeUp, this.time, this.log) = (flags, wakeUp, time, log);
        state = guests.GuestsInMemory > 0 ? NodeState.Frozen : NodeState.InUse;
        this.asleep = asleep ?? (static () => TimeSpan.Zero);
        this.hasUpcoming = hasUpcoming ?? (static () => false);
        asleepBefore = this.asleep();
        enteredAt = pausedAt = time.GetTimestamp();
        decided = new(state, new(ReasonCode.Starting), time.GetUtcNow(), enteredAt, flags.Current.Times);
        publisher = new(decided, publishing);
    }

    /// <summary>Stands for "never" in <see cref="LastFreeze"/>.</summary>
    public static FreezeRecord None => DecisionPublisher.NoFreeze;

    /// <summary>What was decided last, as soon as <see cref="Publisher"/> has shown it.</summary>
    public Level<NodeStatus> Status => publisher.Status;

    /// <summary>The last freeze.</summary>
    public Level<FreezeRecord> LastFreeze => publisher.LastFreeze;

    /// <summary>Shows what was decided; must run on a thread of its own while this runs, and a little longer.</summary>
    public DecisionPublisher Publisher => publisher;

    /// <summary>How long no monitor has seen the owner.</summary>
    public TimeSpan QuietFor => time.GetElapsedTime(ledger.LastSeenTimestamp);

    /// <summary>The monitor that saw the owner last, and on which device where that is known; for people at this desktop.</summary>
    public string LastSeen =>
        ledger is { LastSource: { } source, LastSeenBy: var monitor } ? $"{monitor}: {source.Text}" : ledger.LastSeenBy;

    /// <summary>A monitor saw the owner. Only a node that lends or loads guests must react at once.</summary>
    /// <remarks>Otherwise the next step finds it in the ledger, and a busy mouse wakes no thread.</remarks>
    public void Wake()
    {
        if (state == NodeState.Available || mayLoad) wakeUp.Wake();
    }

    /// <summary>Something else has changed (guests, plan, snooze): the conditions are read again and the state decided again. Any
    /// thread.</summary>
    public void Reconsider()
    {
        reconsider = true;
        wakeUp.Wake();
    }

    /// <summary>The owner wants all guests gone, once. The owner is there, so it counts as activity too. Any thread.</summary>
    public void TakeBack()
    {
        ledger.Seen(TakeBackCommand);
        takenBack = true;
        wakeUp.Wake();
    }

    /// <summary>Decides until cancelled or until something throws, and leaves the guests frozen either way. Blocks its thread, which should
    /// be its own.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static wakeUp => ((IWakeUp)wakeUp!).Wake(), wakeUp);
        try
        {
            // A node that has just started has no information: guests stay frozen until it has.
            brake.FreezeAll();
            while (!cancellationToken.IsCancellationRequested) wakeUp.Wait(Step());
        }
        finally
        {
            var last = brake.FreezeAll();
            log.Add(new(DecisionKind.Ended, state, state, default, guests.GuestsInMemory, last));
        }
    }

    /// <summary>Decides until nothing more changes; returns after how long to decide again, null when only an event can change
    /// anything.</summary>
    internal TimeSpan? Step()
    {
        NoteSleep();
        // First with the last readings: an owner who comes back does not wait until the conditions have been read.
        Decide();
        var standStill = conditions.MemoryPressureIsNew && state == NodeState.Available && guests.GuestsInMemory > 0;
        if (standStill) StandStillForMemory();
        var untilSample = SampleConditions(out var sampled);
        if (sampled)
        {
            Decide();
            // Frozen first: a guest that the kernel kills for its memory must get the processor to end, and none may run with that rank.
            brake.LetGuestsEnd(state != NodeState.Available && (conditions.MemoryPressed || conditions.OwnerNeedsMemory));
        }

        // Memory is sufficient again.
        if (standStill && state == NodeState.Available) ThawAll(state, decided.Reason);
        // Taken back with no guest in memory: done.
        if (state == NodeState.InUse) takenBack = false;
        if (!ReferenceEquals(decided.Times, flags.Current.Times))
        {
            decided = decided with { Times = flags.Current.Times };
            publisher.Publish(decided);
        }

        var untilChange = Waits.Sooner(AvailabilityRules.ChangesIn(Now(), flags.Current.Times), untilCountdown);
        return untilChange < untilSample ? untilChange : untilSample;
    }

    /// <summary>The kernel reports that programs wait for memory: before anything is read, which may have to wait for memory too, guests
    /// are frozen, and those that the kernel kills can end.</summary>
    private void StandStillForMemory()
    {
        var result = brake.FreezeAll();
        brake.LetGuestsEnd(true);
        log.Add(new(DecisionKind.Frozen, state, state, default, guests.GuestsInMemory, result));
    }

    /// <summary>The desktop slept and is awake again: its owner woke it, and guests that were thawed with everything else are frozen before
    /// anything is read.</summary>
    private void NoteSleep()
    {
        var slept = asleep();
        if (slept - asleepBefore >= LeastSleep) ledger.Seen(WokenMachine);
        asleepBefore = slept;
    }

    private void Decide()
    {
        while (AvailabilityRules.Next(Now(), flags.Current.Times) is { } verdict) Enter(verdict);
        DecideLoading();
    }

    /// <summary>Begins and ends the countdown in which suspended guests are loaded.</summary>
    private void DecideLoading()
    {
        var begins = CountdownBeginsIn();
        if (begins == TimeSpan.Zero && !mayLoad)
        {
            // First, so that activity from now on wakes this thread at once; earlier activity is found by deciding once more.
            mayLoad = true;
            Interlocked.MemoryBarrier();
            begins = CountdownBeginsIn();
        }

        var ends = mayLoad && begins != TimeSpan.Zero;
        if (ends) mayLoad = false;
        // The owner is back: guests that are being loaded are frozen at once; the keeper then ends them. Held guests stay as they are: they
        // must be saved.
        if (ends && state == NodeState.InUse) brake.FreezeAll();
        untilCountdown = begins > TimeSpan.Zero ? begins : null;
        if (decided.MayLoad == mayLoad) return;
        decided = decided with { MayLoad = mayLoad };
        publisher.Publish(decided);
    }

    // The plan, which may be long, is read only when everything else allows it.
    private TimeSpan? CountdownBeginsIn() => Countdown.BeginsIn(Now(), flags.Current.Times) is { } begins && hasUpcoming() ? begins : null;

    /// <summary>True while guests may run. Any thread.</summary>
    public bool Lends => state == NodeState.Available;

    /// <summary>What the rules use now. Any thread; a thread other than the deciding one may see values of slightly different
    /// times.</summary>
    internal Moment Now() => new()
    {
        State = state,
        InState = time.GetElapsedTime(enteredAt),
        QuietFor = time.GetElapsedTime(ledger.LastSeenTimestamp),
        AwayFor = ledger.AwayFor(flags.Current.Times.IdleFor),
        LastSeenBy = ledger.LastSeenBy,
        BlindMonitor = watch.BlindMonitor,
        FailingCondition = conditions.Failing,
        TakenBackBy = takenBack ? "the owner" : flags.Current.Drained ? Operator : null,
        OwnerNeedsMemory = conditions.OwnerNeedsMemory || ownersWait,
        Guests = guests.GuestsInMemory,
        PausedGuests = guests.PausedGuests,
        Pause = pause,
        SincePause = time.GetElapsedTime(Volatile.Read(ref pausedAt)),
        MemoryScarce = conditions.MemoryScarce,
        CheckpointsReady = state == NodeState.Frozen && conditions.MemoryScarce && CheckpointsReady(),
    };

    private bool CheckpointsReady()
    {
        var all = guests.Guests;
        // By number: an enumerator would be allocated.
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is { InMemory: true, PausedByOthers: false, HasCheckpoint: false }) return false;
        }

        return true;
    }

    /// <summary>Carries a verdict out: guests first, everything else after.</summary>
    private void Enter(Verdict verdict)
    {
        var from = state;
        BrakeResult result = default;
        var now = time.GetTimestamp();
        if (from == NodeState.Available && LendingPause.Follows(verdict.Reason))
        {
            pause = pause.Next(time.GetElapsedTime(enteredAt, now));
            Volatile.Write(ref pausedAt, now);
        }

        // Before the thaw, so that activity from now on wakes this thread at once.
        state = verdict.State;
        mayLoad = false;
        enteredAt = now;
        switch (verdict.State)
        {
            // Leaving Available also without guests: one may be starting at this moment.
            case NodeState.Frozen or NodeState.InUse:
                result = brake.FreezeAll();
                break;
            case NodeState.Available:
                ThawAll(from, verdict.Reason);
                break;
                // Evicting: guests stay as they are; they are held or frozen, and leave from there.
        }

        HandOver(from, verdict, result);
    }

    private void ThawAll(NodeState from, in Reason reason)
    {
        if (!brake.ThawAll()) log.Add(new(DecisionKind.ThawRefused, from, NodeState.Available, reason, guests.GuestsInMemory, default));
    }

    /// <summary>Hands a decision to the threads that show and log it; neither is waited for.</summary>
    private void HandOver(NodeState from, Verdict verdict, BrakeResult result)
    {
        var inMemory = guests.GuestsInMemory;
        var now = time.GetUtcNow();
        decided = decided with
        {
            State = verdict.State,
            Reason = verdict.Reason,
            Since = now,
            SinceTimestamp = enteredAt,
            Times = flags.Current.Times,
            MayLoad = false,
        };
        if (verdict.State == NodeState.Frozen) decided = decided with { FrozenAt = now, FrozenGuests = inMemory, Freeze = result };
        publisher.Publish(decided);
        log.Add(new(DecisionKind.Entered, from, verdict.State, verdict.Reason, inMemory, result));
    }

    private TimeSpan SampleConditions(out bool sampled)
    {
        var now = time.GetTimestamp();
        sampled = reconsider || conditions.IsDue || sampledAt is not { } before
            || time.GetElapsedTime(before, now) >= ICondition.SampledEvery;
        if (!sampled) return ICondition.SampledEvery - time.GetElapsedTime(sampledAt!.Value, now);
        reconsider = false;
        sampledAt = now;
        conditions.Sample(now);
        // Guests were halted for the whole time that the report covers, so the programs that waited were the owner's.
        ownersWait = conditions.MemoryPressed && state == NodeState.Frozen && time.GetElapsedTime(enteredAt, now) >= MemoryPressure.Window;
        return ICondition.SampledEvery;
    }
}
