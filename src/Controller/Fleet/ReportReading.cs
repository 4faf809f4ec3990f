using Opportunism.Clouds;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;

namespace Opportunism.Controller.Fleet;

/// <summary>Converts a validated report to the types that the controller and its clouds use.</summary>
internal static class ReportReading
{
    public static NodeState? StateOf(NodeReport? report) => report?.State switch
    {
        NodeStateKind.InUse => NodeState.InUse,
        NodeStateKind.Available => NodeState.Available,
        NodeStateKind.Frozen => NodeState.Frozen,
        NodeStateKind.Evicting => NodeState.Evicting,
        _ => null,
    };

    public static Reason ReasonOf(NodeReport? report) =>
        report is not null && EnumName.TryParse<ReasonCode>(report.ReasonCode, out var code)
            ? new(code, report.ReasonSource)
            : new(ReasonCode.Starting);

    public static NodeObservation ObservationOf(NodeRecord node, long revision) => new()
    {
        Node = node.Id,
        State = StateOf(node.Report),
        Lost = node.Lost,
        Revoked = node.Revoked,
        Capacity = node.Report?.Capacity is { } capacity
            ? new NodeCapacity((int)capacity.Vcpus, (int)capacity.MemoryMib, (long)capacity.DiskMib)
            : null,
        Revision = revision,
        Guests = node.Report is { } report ? [.. report.Guests.Select(GuestOf)] : [],
    };

    /// <summary>A measured time; null where the node has measured none yet.</summary>
    public static double? Measured(double ms) => ms > 0 ? ms : null;

    private static GuestObservation GuestOf(GuestReport guest) => new()
    {
        Id = GuestId.Parse(guest.GuestId),
        Phase = Enum.Parse<GuestPhase>(guest.Phase),
        Generation = (long)guest.Generation,
        Sentence = guest.Sentence,
        Progress = guest.Progress,
        DiskSha256 = guest.DiskSha256,
        HoldMs = Measured(guest.HoldMs),
        MemoryReturnedMs = Measured(guest.MemoryReturnedMs),
        MemoryReturnedMiB = guest.MemoryReturnedMib > 0 ? (long)guest.MemoryReturnedMib : null,
        ResumeMs = Measured(guest.ResumeMs),
        ThawMs = Measured(guest.ThawMs),
        CheckpointMiB = guest.CheckpointMib > 0 ? (long)guest.CheckpointMib : null,
    };
}
