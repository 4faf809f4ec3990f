using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Carries out one step for one guest. Stateless; the keeper decides and keeps the state.</summary>
internal sealed class GuestActions(IHypervisor hypervisor, SiteStore store, ISiteFiles files, GuestOptions options)
{
    // One more than the longest policy needs to reach its last step; the next eviction waits for a process that does not end.
    private const int MostEvictionSteps = 5;

    /// <summary>The policies that an agent can carry out.</summary>
    public static PolicySet Policies { get; } =
        EvictionPolicies.All.Within(EvictionStep.Suspend, EvictionStep.ShutDown, EvictionStep.Relocate, EvictionStep.Delete);

    private static readonly GuestAnswer Done = new(GuestOutcome.Done);

    /// <param name="step">What to do.</param>
    /// <param name="guest">The guest as it is here or as it is wanted.</param>
    /// <param name="wanted">The guest in the plan; null where the plan does not name it.</param>
    /// <param name="work">Receives the progress and the guest's fate.</param>
    /// <param name="cancellationToken">Cancelled when the node's state no longer allows the step.</param>
    public Task<GuestAnswer> DoAsync(
        GuestStep step, GuestSpec guest, WantedGuest? wanted, GuestWork work, CancellationToken cancellationToken) =>
        step switch
        {
            GuestStep.Start => StartAsync(wanted!, work, cancellationToken),
            GuestStep.Load => hypervisor.LoadAsync(guest.Id, cancellationToken),
            GuestStep.Unload => hypervisor.UnloadAsync(guest.Id, cancellationToken),
            GuestStep.Resume => hypervisor.ResumeAsync(guest.Id, cancellationToken),
            GuestStep.Release => hypervisor.ReleaseAsync(guest.Id, cancellationToken),
            GuestStep.HoldForRoom => hypervisor.HoldForRoomAsync(guest.Id, cancellationToken),
            GuestStep.Checkpoint => hypervisor.CheckpointAsync(guest.Id, options.CheckpointBytesPerSecond, cancellationToken),
            GuestStep.Evict => EvictAsync(guest, wanted?.Policy ?? EvictionPolicies.Suspend, work, cancellationToken),
            GuestStep.Suspend => hypervisor.SuspendAsync(guest.Id, cancellationToken),
            GuestStep.ShutDown => hypervisor.StopAsync(guest.Id, options.ShutdownPatience, cancellationToken),
            GuestStep.End => hypervisor.StopAsync(guest.Id, TimeSpan.Zero, cancellationToken),
            GuestStep.HandOver => HandOverAsync(guest, work, cancellationToken),
            GuestStep.Delete => hypervisor.DeleteAsync(guest.Id, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step, "There is nothing to do."),
        };

    private async Task<GuestAnswer> StartAsync(WantedGuest wanted, GuestWork work, CancellationToken cancellationToken)
    {
        var known = hypervisor.Guests.Any(guest => guest.Id == wanted.Spec.Id && guest.Phase != GuestPhase.Failed);
        if (known)
        {
            work.EndFetch(cancellationToken);
            return await hypervisor.StartAsync(wanted.Spec, store.ImagePath(wanted.Spec), cancellationToken);
        }

        if (wanted.DiskSha256.Length == 0)
        {
            var image = await store.ImageAsync(wanted, work.Progressed, cancellationToken);
            work.EndFetch(cancellationToken);
            return await hypervisor.StartAsync(wanted.Spec, image, cancellationToken);
        }

        var disk = await store.DiskAsync(wanted, work.Progressed, cancellationToken);
        work.EndFetch(cancellationToken);
        var adopted = await hypervisor.AdoptDiskAsync(wanted.Spec, store.ImagePath(wanted.Spec), disk, cancellationToken);
        return adopted.IsDone ? await hypervisor.StartAsync(wanted.Spec, store.ImagePath(wanted.Spec), cancellationToken) : adopted;
    }

    /// <summary>Asks the policy again after each step that failed, until the memory is free.</summary>
    private async Task<GuestAnswer> EvictAsync(GuestSpec guest, EvictionPolicy policy, GuestWork work, CancellationToken cancellationToken)
    {
        var canSuspend = true;
        var answer = Done;
        for (var attempts = 0; attempts < MostEvictionSteps; attempts++)
        {
            var here = hypervisor.Guests.FirstOrDefault(here => here.Id == guest.Id);
            var step = policy.Next(new EvictionCase(attempts, canSuspend, here is { HasCheckpoint: true }));
            // Before it is held it cannot be saved: no reason to give up its memory.
            if (step == EvictionStep.Suspend && here is { Phase: GuestPhase.Running })
                return new GuestAnswer(GuestOutcome.TryLater, $"Guest {guest.Id} runs; it can be saved once it is held.");
            answer = step switch
            {
                EvictionStep.Suspend => await hypervisor.SuspendAsync(guest.Id, cancellationToken),
                // Also for a guest of which nothing is kept: that is stored first, and its disk is removed in the next step.
                _ => await hypervisor.StopAsync(guest.Id, TimeSpan.Zero, cancellationToken),
            };
            if (answer.IsDone)
            {
                if (step == EvictionStep.Delete) work.Fate = GuestFate.Terminated;
                if (step == EvictionStep.Relocate) work.Fate = GuestFate.Relocating;
                return answer;
            }

            canSuspend &= !(step == EvictionStep.Suspend && answer.Outcome == GuestOutcome.Refused);
        }

        return answer;
    }

    private async Task<GuestAnswer> HandOverAsync(GuestSpec guest, GuestWork work, CancellationToken cancellationToken)
    {
        var path = store.OutgoingPath(guest);
        try
        {
            var exported = await hypervisor.ExportDiskAsync(guest.Id, path, options.CheckpointBytesPerSecond, cancellationToken);
            if (!exported.IsDone) return exported;
            var sha = await files.WriteDiskAsync(guest.Id.Value, path, work.Progressed, cancellationToken);
            // From here on the controller's copy is the guest. The files here are removed in the next step, after that is stored.
            work.HandedOverSha256 = sha;
            work.Fate = GuestFate.HandedOver;
            return Done;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
