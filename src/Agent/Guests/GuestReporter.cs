using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Builds the report about the guests of this node: each guest with its phase and sentence, problems, and the room that is left.
/// For the keeper's loop.</summary>
/// <param name="hypervisor">Runs the guests.</param>
/// <param name="book">The journal of them.</param>
/// <param name="room">Disk that is left.</param>
/// <param name="options">Section [Guests].</param>
/// <param name="time">Clock.</param>
internal sealed class GuestReporter(IHypervisor hypervisor, GuestJournal book, GuestRoom room, GuestOptions options, TimeProvider time)
{
    private const int MostFailedSteps = 8;

    private readonly PhaseTimes since = new(time);

    /// <summary>The report as of now.</summary>
    /// <param name="wanted">The plan.</param>
    /// <param name="works">Steps that are under way.</param>
    /// <param name="attempts">Steps that failed.</param>
    /// <param name="probe">What the hypervisor can do.</param>
    public GuestsReport Make(
        PlanReading wanted, IReadOnlyDictionary<GuestId, GuestWork> works, IReadOnlyDictionary<GuestId, GuestAttempts> attempts,
        HypervisorProbe probe)
    {
        var guests = new List<GuestReport>();
        var left = 0;
        // Those of the plan first: for the site, a guest of its plan that is not reported is not here.
        foreach (var id in wanted.Guests.Keys.Union(hypervisor.Guests.Select(guest => guest.Id)))
        {
            var status = hypervisor.Guests.FirstOrDefault(guest => guest.Id == id);
            if (Describe(
                id, status, wanted.Guests.GetValueOrDefault(id), works.GetValueOrDefault(id),
                attempts.GetValueOrDefault(id)) is not { } report)
                continue;
            if (guests.Count < NodeContract.MostGuests) guests.Add(report);
            else left++;
        }

        since.KeepOnly(guests);
        guests.Sort((a, b) => string.CompareOrdinal(a.GuestId, b.GuestId));
        HealthItem[] health = [
            .. probe.Health, .. hypervisor.Health, .. book.Problems, .. room.Health(), .. wanted.Problems, .. FailedSteps(attempts),
            .. Strangers(wanted, left)];
        var capacity = CapacityNow(probe);
        return new GuestsReport(guests, capacity is { DiskMib: 0 } ? [.. health, NoDisk()] : health, book.StoredVersion, capacity);
    }

    private GuestReport? Describe(GuestId id, GuestStatus? status, WantedGuest? want, GuestWork? work, GuestAttempts? tried)
    {
        var (fate, stored) = (book.FateOf(id), book.IsStored(id));
        var (phase, sentence) = (status, fate, work?.Step) switch
        {
            // A guest with the wish Gone is reported by leaving it out.
            (null, _, _) when want?.Wish is null or GuestWish.Gone => (null, ""),
            // A fate that is not stored yet is not reported: after a restart the guest would be here as before.
            (_, GuestFate.HandedOver, _) when !stored => (nameof(GuestPhase.Leaving),
            "its disk is with the controller; that could not be written down yet, retrying"),
            (_, GuestFate.HandedOver, _) => (nameof(GuestPhase.HandedOver), ""),
            (null, GuestFate.Terminated, _) => (nameof(GuestPhase.Failed),
            "ended by its eviction policy 'terminate' when the owner stayed"),
            (_, _, GuestStep.HandOver) => (nameof(GuestPhase.Leaving), ""),
            ({ InMemory: false }, GuestFate.Relocating, _) => (nameof(GuestPhase.Leaving), tried?.Sentence ?? ""),
            (null or { Phase: GuestPhase.Stopped }, _, GuestStep.Start) => (nameof(GuestPhase.Preparing), tried?.Sentence ?? ""),
            (null, _, _) when want!.Wish != GuestWish.Running => (null, ""),
            (null or { InMemory: false }, _, _) when tried is { Refused: true } => (nameof(GuestPhase.Failed), tried.Sentence),
            (null, _, _) => (nameof(GuestPhase.Preparing), tried?.Sentence ?? "waits for the node to be available"),
            // A failure from before it ran is over.
            _ => (status.Phase.ToString(),
            status.Sentence.Length > 0 || tried is null || status.Phase == GuestPhase.Running ? status.Sentence : tried.Sentence),
        };
        if (phase is null) return null;
        var report = new GuestReport
        {
            GuestId = id.Value,
            Phase = phase,
            Sentence = NodeContract.Sentence(sentence),
            Generation = want?.Generation ?? 0,
            DiskSha256 = fate == GuestFate.HandedOver && stored ? book.HandedOverSha256(id) : "",
            Progress = work is null ? 0 : Math.Floor(Math.Clamp(work.Progress, 0, 1) * 100) / 100,
            PhaseSince = since.Of(id, phase),
        };
        if (status is not null)
        {
            report.CheckpointMib = (ulong)Math.Max(0, status.CheckpointMiB);
            report.HoldMs = status.LastHold?.TotalMilliseconds ?? 0;
            report.MemoryReturnedMs = status.LastMemoryReturn?.TotalMilliseconds ?? 0;
            report.MemoryReturnedMib = (ulong)Math.Max(0, status.LastMemoryReturnMiB);
            report.ThawMs = status.LastRelease?.TotalMilliseconds ?? 0;
            report.ResumeMs = status.LastResume?.TotalMilliseconds ?? 0;
        }

        return report;
    }

    /// <summary>Steps that failed and are repeated, only a few of them: most often all have the same cause.</summary>
    private IEnumerable<HealthItem> FailedSteps(IReadOnlyDictionary<GuestId, GuestAttempts> attempts) => attempts.Where(
        attempt => attempt.Value.Failed > 0
            && !(
                attempt.Value.Step == GuestStep.Start
                    && IsRunning(attempt.Key)))
        .OrderBy(
            attempt => attempt.Key.Value,
            StringComparer.Ordinal)
        .Take(MostFailedSteps)
        .Select(attempt => new HealthItem(
            "guests.step-failed", HealthSeverity.Warning, $"{attempt.Value.Step} of guest {attempt.Key} failed: {attempt.Value.Sentence}",
            attempt.Value.Refused
                ? "Change what the sentence names, or stop the guest."
                : "Remove what the sentence names; the agent retries."));

    private bool IsRunning(GuestId id) => hypervisor.Guests.Any(guest => guest.Id == id && guest.Phase == GuestPhase.Running);

    private IEnumerable<HealthItem> Strangers(PlanReading wanted, int left)
    {
        if (left > 0)
            yield return new HealthItem(
                "guests.too-many", HealthSeverity.Warning,
                $"{(left == 1 ? "1 guest of this node is" : $"{left} guests of this node are")} not reported: a report holds "
                + $"{NodeContract.MostGuests}.",
                "Delete guests that the plan does not name in the guests folder of the node.");
        var count = hypervisor.Guests.Count(guest => !wanted.Guests.ContainsKey(guest.Id));
        if (count == 0) yield break;
        var (guests, them) = count == 1 ? ("1 guest is", "it is") : ($"{count} guests are", "they are");
        yield return new HealthItem(
            "guests.not-in-plan", HealthSeverity.Warning, $"{guests} on this node that the plan does not name; {them} left alone.",
            "If the controller was newly set up, delete them with 'opportunism vm delete' or in the guests folder of the node.");
    }

    private HealthItem NoDisk() => new(
        "guests.no-disk", HealthSeverity.Warning,
        $"No disk is lent, so no new guest has room here: the disk of {options.StateFolder} has less than {options.KeepFreeMiB + 1024} "
        + $"MiB free. {options.KeepFreeMiB} MiB are kept free ([Guests] KeepFreeMiB), and room is lent in whole GiB.",
        "Make room on that disk, or lower [Guests] KeepFreeMiB.");

    private Capacity? CapacityNow(HypervisorProbe probe)
    {
        if (probe.Accelerator.Length == 0) return null;
        var free = new DriveInfo(options.StateFolder).AvailableFreeSpace / (1024 * 1024);
        return new Capacity
        {
            Vcpus = (uint)options.LentVcpus(),
            MemoryMib = (uint)options.LentMemoryMiB(),
            // Rounded to whole GiB, or every write would change the report.
            DiskMib = (ulong)Math.Max(0, (free - options.KeepFreeMiB) / 1024 * 1024),
            Hypervisor = hypervisor.Name,
            Accelerator = probe.Accelerator,
        };
    }
}
