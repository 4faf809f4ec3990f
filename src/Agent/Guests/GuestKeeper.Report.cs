using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

// What the controller is told.
internal sealed partial class GuestKeeper
{
    private const int MostFailedSteps = 8;

    private readonly PhaseTimes since;

    private void Report()
    {
        var guests = new List<GuestReport>();
        foreach (var id in wanted.Guests.Keys.Union(GuestsHere()))
        {
            if (Describe(id, hypervisor.Guests.FirstOrDefault(guest => guest.Id == id), wanted.Guests.GetValueOrDefault(id)) is { } report) guests.Add(report);
        }

        since.KeepOnly(guests);
        guests.Sort((a, b) => string.CompareOrdinal(a.GuestId, b.GuestId));
        var next = new GuestsReport(guests, [.. probe.Health, .. hypervisor.Health, .. book.Problems, .. room.Health(), .. wanted.Problems, .. FailedSteps(), .. Strangers()], book.StoredVersion, CapacityNow());
        if (!next.SaysTheSameAs(Reports.Current)) Reports.Set(next);
    }

    private GuestReport? Describe(GuestId id, GuestStatus? status, WantedGuest? want)
    {
        var work = works.GetValueOrDefault(id);
        var (fate, stored) = (book.FateOf(id), book.IsStored(id));
        var tried = attempts.GetValueOrDefault(id);
        var (phase, sentence) = (status, fate, work?.Step) switch
        {
            // What the controller wished gone is told by its absence.
            (null, _, _) when want?.Wish is null or GuestWish.Gone => (null, ""),
            // What is not stored yet is not acknowledged: after a restart the guest would be here as before.
            (_, GuestFate.HandedOver, _) when !stored => (nameof(GuestPhase.Leaving), "its disk is with the controller; that could not be written down yet, retrying"),
            (_, GuestFate.HandedOver, _) => (nameof(GuestPhase.HandedOver), ""),
            (null, GuestFate.Terminated, _) => (nameof(GuestPhase.Failed), "ended by its eviction policy 'terminate' when the owner stayed"),
            (_, _, GuestStep.HandOver) => (nameof(GuestPhase.Leaving), ""),
            ({ InMemory: false }, GuestFate.Relocating, _) => (nameof(GuestPhase.Leaving), tried?.Sentence ?? ""),
            (null or { Phase: GuestPhase.Stopped }, _, GuestStep.Start) => (nameof(GuestPhase.Preparing), tried?.Sentence ?? ""),
            (null, _, _) when want!.Wish != GuestWish.Running => (null, ""),
            (null or { InMemory: false }, _, _) when tried is { Refused: true } => (nameof(GuestPhase.Failed), tried.Sentence),
            (null, _, _) => (nameof(GuestPhase.Preparing), tried?.Sentence ?? "waits for the node to be available"),
            _ => (status.Phase.ToString(), status.Sentence.Length > 0 || tried is null ? status.Sentence : tried.Sentence),
        };
        if (phase is null) return null;
        var report = new GuestReport
        {
            GuestId = id.Value,
            Phase = phase,
            Sentence = GuestsReport.Short(sentence),
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

    /// <summary>Steps that failed and are repeated, a few of them: what stands in the way of one mostly stands in the way of all.</summary>
    private IEnumerable<HealthItem> FailedSteps() => attempts.Where(attempt => attempt.Value.Failed > 0).OrderBy(attempt => attempt.Key.Value, StringComparer.Ordinal).Take(MostFailedSteps)
        .Select(attempt => new HealthItem(
            "guests.step-failed", HealthSeverity.Warning, $"{attempt.Value.Step} of guest {attempt.Key} failed: {attempt.Value.Sentence}",
            attempt.Value.Refused ? "Change what the sentence names, or stop the guest." : "Remove what the sentence names; the agent repeats the step by itself."));

    private IEnumerable<HealthItem> Strangers()
    {
        var count = GuestsHere().Count(id => !wanted.Guests.ContainsKey(id));
        if (count == 0) yield break;
        yield return new HealthItem("guests.not-in-plan", HealthSeverity.Warning, $"{count} guests are on this node that the plan does not name; they are left alone.", "If the controller was set up anew, delete them with 'opportunism vm delete' or in the guests folder of the node.");
    }

    private Capacity? CapacityNow()
    {
        if (probe.Accelerator.Length == 0) return null;
        var free = new DriveInfo(options.StateFolder).AvailableFreeSpace / (1024 * 1024);
        return new Capacity
        {
            Vcpus = (uint)MaxVcpus,
            MemoryMib = (uint)MaxMemoryMiB,
            // Rounded to whole GiB, or every write would be news.
            DiskMib = (ulong)Math.Max(0, (free - options.KeepFreeMiB) / 1024 * 1024),
            Hypervisor = hypervisor.Name,
            Accelerator = probe.Accelerator,
        };
    }
}
