using Opportunism.Agent.Availability;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

// Which step begins, which one is cancelled, and when.
internal sealed partial class GuestKeeper
{
    // A thousand times as long as a cancelled step takes.
    private static readonly TimeSpan CancelledEndsWithin = TimeSpan.FromSeconds(5);

    /// <summary>Cancels steps that the node's state or the plan no longer allows. They end soon and wake the loop.</summary>
    private void CancelWhatIsWrong(NodeStatus status)
    {
        foreach (var work in works.Values)
        {
            if (GuestStepRules.IsWrong(work.Step, status, wanted.Guests.GetValueOrDefault(work.Guest)?.Wish, book.FateOf(work.Guest)))
                work.Cancel.Cancel();
        }
    }

    /// <summary>Holds all guests once they have been frozen for long enough; at once when they are to leave.</summary>
    private async Task<TimeSpan?> HoldAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        if (status.State is not (NodeState.Frozen or NodeState.Evicting)) return null;
        // Again after each freeze, also for guests that are held already (found after a restart, or frozen again before they were
        // released): until they are thawed while held QEMU does not reply, and they could not be saved.
        if (!hypervisor.Guests.Any(
            guest => guest.Phase == GuestPhase.Running || (guest.Phase == GuestPhase.Held && heldFor != status.SinceTimestamp)))
            return null;
        var due =
            (status.State == NodeState.Evicting ? TimeSpan.Zero : status.Times.HoldAfter) - time.GetElapsedTime(status.SinceTimestamp);
        if (due > TimeSpan.Zero) return due;
        // A step that was just cancelled may still have a command to QEMU on its way; it ends in milliseconds and wakes the loop.
        // One that only fetches may hang on a disk or a network for longer, and never reaches QEMU: nothing waits for it. Nor for long for
        // one that hangs: the hypervisor drops what was requested before a hold.
        Interlocked.MemoryBarrier();
        if (works.Values.Any(work => !work.IsFetching && work.Step is GuestStep.Start or GuestStep.Resume or GuestStep.Release)
            && due + CancelledEndsWithin is { Ticks: > 0 } wait) return wait;
        heldFor = status.SinceTimestamp;
        var answer = await hypervisor.HoldAllAsync(cancellationToken);
        LogHeld(log, hypervisor.Guests.Count(guest => guest.Phase == GuestPhase.Held), answer.Outcome, answer.Sentence);
        return null;
    }

    /// <summary>Begins the next step of a guest, if there is one and it may begin now.</summary>
    /// <returns>When to check this guest again although nothing has changed.</returns>
    private TimeSpan? Begin(GuestId id, NodeStatus status, CancellationToken cancellationToken)
    {
        if (works.ContainsKey(id)) return null;
        // As this pass has seen it: the next pass records one that has shut itself down or crashed since, and it must not be started
        // before.
        var here = seen.GetValueOrDefault(id);
        var want = wanted.Guests.GetValueOrDefault(id);
        var saveDue = status.Times.PresaveAfter - time.GetElapsedTime(status.SinceTimestamp);
        var moment = new GuestMoment
        {
            Node = status.State,
            MayLoad = status.MayLoad,
            Status = here,
            Wish = want?.Wish,
            Fate = book.FateOf(id),
            IsFateUnstored = !book.IsStored(id),
            EatsReserve = room.EatsReserve(id),
            LacksRoom = here is not null && room.LacksRoom(here),
            MaySave = status.State == NodeState.Frozen && saveDue <= TimeSpan.Zero,
            RanBefore = ran.Contains(id),
            AwaitsHold = here is { Phase: GuestPhase.Running } || (here is { Phase: GuestPhase.Held } && heldFor != status.SinceTimestamp),
            MustBeSaved = (want?.Policy ?? EvictionPolicies.Suspend)
                .Next(new EvictionCase(0, CanSuspend: true, HasCheckpoint: false)) is EvictionStep.Suspend
                && here is not { HasCheckpoint: true },
        };
        var step = GuestRules.Next(moment);
        if (step == GuestStep.Nothing)
            return status.State == NodeState.Frozen && saveDue > TimeSpan.Zero && here is { InMemory: true } ? saveDue : null;
        if (attempts.GetValueOrDefault(id) is { } before && before.Step == step && before.NotBefore > time.GetTimestamp())
            return time.GetElapsedTime(time.GetTimestamp(), before.NotBefore);
        if (GuestStepRules.TakesMemory(step) && lent.ProblemOf(want!.Spec, works.Values) is { } problem)
        {
            if (step == GuestStep.Load) return null; // not yet requested: nothing to report
            attempts[id] = new GuestAttempts(step, 0, time.GetTimestamp(), problem, Refused: false);
            return null; // the loop is woken when room becomes free
        }

        var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = new GuestWork(id, step, want, cancel, loop.Wake);
        works[id] = work;
        work.Task = DoAsync(work, here?.Spec ?? want!.Spec, cancel.Token);
        return null;
    }

    private async Task<GuestAnswer> DoAsync(GuestWork work, GuestSpec guest, CancellationToken cancellationToken)
    {
        try
        {
            // On another thread at once: the first part of a step may read or write files.
            await Task.Yield();
            return await actions.DoAsync(work.Step, guest, work.Under, work, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new GuestAnswer(GuestOutcome.TryLater);
        }
        catch (Exception exception) when (exception is SiteFilesException or IOException or UnauthorizedAccessException)
        {
            return new GuestAnswer(GuestOutcome.TryLater, exception.Message);
        }
        finally
        {
            loop.Wake();
        }
    }
}
