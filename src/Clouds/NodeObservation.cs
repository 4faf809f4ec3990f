using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Clouds;

/// <summary>What a node is and has, as a cloud whose guests it runs needs to know it.</summary>
public sealed record NodeObservation
{
    /// <summary>The node.</summary>
    public required NodeId Node { get; init; }

    /// <summary>What its agent has decided; null before its first report.</summary>
    public NodeState? State { get; init; }

    /// <summary>True while nothing has been heard from it for too long.</summary>
    public bool Lost { get; init; }

    /// <summary>True once its secret is dead.</summary>
    public bool Revoked { get; init; }

    /// <summary>What it lends; null before its first report.</summary>
    public NodeCapacity? Capacity { get; init; }

    /// <summary>The cloud's revision that the newest plan it has taken up showed
    /// (<see cref="Assignments.Revision"/>); 0 when that is not known.</summary>
    public long Revision { get; init; }

    /// <summary>The guests it reports.</summary>
    public IReadOnlyList<GuestObservation> Guests { get; init; } = [];
}
