using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Clouds;

/// <summary>The state of a node, for a cloud whose guests it runs.</summary>
public sealed record NodeObservation
{
    /// <summary>The node.</summary>
    public required NodeId Node { get; init; }

    /// <summary>The state that its agent has decided; null before its first report.</summary>
    public NodeState? State { get; init; }

    /// <summary>True while its last report is too old.</summary>
    public bool Lost { get; init; }

    /// <summary>True once its credential was revoked.</summary>
    public bool Revoked { get; init; }

    /// <summary>What it lends; null before its first report.</summary>
    public NodeCapacity? Capacity { get; init; }

    /// <summary>The cloud's revision in the newest plan that it has applied (<see cref="Assignments.Revision"/>); 0 when that is
    /// unknown.</summary>
    public long Revision { get; init; }

    /// <summary>The guests it reports.</summary>
    public IReadOnlyList<GuestObservation> Guests { get; init; } = [];
}
