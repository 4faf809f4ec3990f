using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Controller.Reports;

/// <summary>What a report may contain. A node is not trusted: whatever passes here can be stored, shown and used in calculations.</summary>
internal static class ReportLimits
{
    /// <summary>Why the report is refused, or null when it is not. Never contains text of the report, since it is logged.</summary>
    public static string? Problem(NodeReport report)
    {
        if (report.CalculateSize() > NodeContract.LargestReport) return "it is larger than 512 KiB";
        if (report.ContractVersion == 0) return "contract_version is missing";
        if (!IsName(report.RunId)) return "run_id is not 1 to 64 printable ASCII characters";
        if (report.Sequence == 0) return "sequence is missing; it begins at 1";
        if (report.AgentVersion.Length > NodeContract.LongestName) return "agent_version is longer than 64 characters";
        if (report.State is < NodeStateKind.InUse or > NodeStateKind.Evicting) return "state is not one of this contract";
        if (report.ReasonCode.Length > NodeContract.LongestName || report.ReasonSource.Length > NodeContract.LongestName)
            return "reason_code or reason_source is longer than 64 characters";
        if (!IsTime(report.StateSince) || !IsTime(report.SnoozedUntil)) return "a timestamp is out of range";
        if (report.Guests.Count > NodeContract.MostGuests) return "it names more than 64 guests";
        if (report.Monitors.Count > NodeContract.MostItems || report.Conditions.Count > NodeContract.MostItems
            || report.Health.Count > NodeContract.MostItems)
            return "it names more than 64 monitors, conditions or health items";
        if (report.Obstacles.Count > NodeContract.MostItems) return "it names more than 64 obstacles";
        return CapacityProblem(report.Capacity)
            ?? report.Guests.Select(GuestProblem).FirstOrDefault(problem => problem is not null)
            ?? (
                report.Guests.Select(guest => guest.GuestId).Distinct(StringComparer.Ordinal).Count() < report.Guests.Count
                    ? "it names a guest twice"
                    : null)
            ?? report.Monitors.Concat(report.Conditions).Select(WatcherProblem).FirstOrDefault(problem => problem is not null)
            ?? report.Health.Select(HealthProblem).FirstOrDefault(problem => problem is not null)
            ?? report.Obstacles.Select(ObstacleProblem).FirstOrDefault(problem => problem is not null)
            ?? FreezeProblem(report.LastFreeze);
    }

    private static string? ObstacleProblem(ObstacleReport obstacle)
    {
        if (obstacle.Code.Length > NodeContract.LongestName || obstacle.Source.Length > NodeContract.LongestName)
            return "an obstacle's code or source is longer than 64 characters";
        return obstacle.Sentence.Length > NodeContract.LongestSentence || obstacle.Remedy.Length > NodeContract.LongestSentence
            ? "an obstacle's sentence or remedy is longer than 1000 characters"
            : null;
    }

    private static string? CapacityProblem(Capacity? capacity)
    {
        if (capacity is null) return null;
        if (capacity.Vcpus > 4096 || capacity.MemoryMib > 1 << 26 || capacity.DiskMib > 1L << 40)
            return "its capacity is larger than any desktop's";
        return capacity.Hypervisor.Length > NodeContract.LongestName || capacity.Accelerator.Length > NodeContract.LongestName
            ? "hypervisor or accelerator is longer than 64 characters"
            : null;
    }

    private static string? GuestProblem(GuestReport guest)
    {
        if (!GuestId.TryParse(guest.GuestId, out _)) return "a guest_id is not 32 lower-case hexadecimal digits";
        if (!EnumName.TryParse<GuestPhase>(guest.Phase, out _))
            return "a guest's phase is not one of this contract";
        if (guest.Sentence.Length > NodeContract.LongestSentence) return "a guest's sentence is longer than 1000 characters";
        if (guest.DiskSha256.Length > 0 && !NodeContract.IsSha256(guest.DiskSha256))
            return "a guest's disk_sha256 is not 64 lower-case hexadecimal digits";
        if (!IsMeasure(guest.HoldMs) || !IsMeasure(guest.MemoryReturnedMs) || !IsMeasure(guest.ResumeMs) || !IsMeasure(guest.ThawMs)
            || guest.Progress is not (>= 0 and <= 1))
            return "a guest's measured time or progress is out of range";
        if (guest.CheckpointMib > 1L << 40 || guest.MemoryReturnedMib > 1L << 40 || guest.Generation > long.MaxValue)
            return "a guest's size or generation is out of range";
        return IsTime(guest.PhaseSince) ? null : "a guest's timestamp is out of range";
    }

    private static string? WatcherProblem(WatcherReport watcher) =>
        IsName(watcher.Name) && watcher.Sources <= int.MaxValue && watcher.Sentence.Length <= NodeContract.LongestSentence
            ? null
            : "a monitor or condition has no name or too long a text";

    private static string? HealthProblem(HealthReport item) =>
        IsName(item.Code) && item.Severity.Length <= NodeContract.LongestName && item.Sentence.Length <= NodeContract.LongestSentence
            && item.Remedy.Length <= NodeContract.LongestSentence
            ? null
            : "a health item has no code or too long a text";

    private static string? FreezeProblem(FreezeReport? freeze) =>
        freeze is null
            || (
                IsMeasure(freeze.StillMs) && IsMeasure(freeze.LeakedCpuMs) && freeze.Guests <= 1 << 20
                    && freeze.Brake.Length <= NodeContract.LongestName && IsTime(freeze.At))
            ? null
            : "last_freeze is out of range";

    private static bool IsName(string text) => text.Length is > 0 and <= NodeContract.LongestName && text.All(c => c is > ' ' and <= '~');

    // A day; also refuses NaN and infinities.
    private static bool IsMeasure(double ms) => ms is >= 0 and <= 86_400_000;

    // What DateTimeOffset can represent, so that reading it never throws.
    private static bool IsTime(Google.Protobuf.WellKnownTypes.Timestamp? time) =>
        time is null or { Seconds: >= -62_135_596_800 and <= 253_402_300_799, Nanos: >= 0 and <= 999_999_999 };
}
