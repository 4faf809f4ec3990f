using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.Controller.Fleet;

/// <summary>What the site knows of a node. Immutable, replaced whole.</summary>
internal sealed record NodeRecord
{
    public required NodeId Id { get; init; }

    public required byte[] SecretHash { get; init; }

    public required DateTimeOffset Enrolled { get; init; }

    /// <summary>Name of the cloud it belongs to; never changes.</summary>
    public required string Cloud { get; init; }

    /// <summary>True once its secret is dead.</summary>
    public bool Revoked { get; init; }

    /// <summary>True while an operator wants it empty.</summary>
    public bool Drained { get; init; }

    /// <summary>Until when an operator snoozed it; may be past.</summary>
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>Its newest report, checked; never changed after it came. Null before the first.</summary>
    public NodeReport? Report { get; init; }

    /// <summary>When that came.</summary>
    public DateTimeOffset? LastHeard { get; init; }

    /// <summary>Earlier runs of its agent, newest first.</summary>
    public IReadOnlyList<string> PastRuns { get; init; } = [];

    /// <summary>How guests that others started there stand with their cloud;
    /// null while that is not known. Never changed after it was set.</summary>
    public CloudGuests? CloudGuests { get; init; }

    /// <summary>True while it has been silent for too long.</summary>
    public bool Lost { get; init; }
}
