using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.Controller.Fleet;

/// <summary>The site's record of a node. Immutable, replaced whole.</summary>
internal sealed record NodeRecord
{
    public required NodeId Id { get; init; }

    public required byte[] SecretHash { get; init; }

    public required DateTimeOffset Enrolled { get; init; }

    /// <summary>Name of the cloud it belongs to; never changes.</summary>
    public required string Cloud { get; init; }

    /// <summary>True once its credential was revoked.</summary>
    public bool Revoked { get; init; }

    /// <summary>True while an operator wants it empty.</summary>
    public bool Drained { get; init; }

    /// <summary>Until when an operator snoozed it; may be past.</summary>
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>Its newest report, validated; never modified. Null before the first.</summary>
    public NodeReport? Report { get; init; }

    /// <summary>When that report arrived.</summary>
    public DateTimeOffset? LastHeard { get; init; }

    /// <summary>When it was last heard, as the clock's time stamp, which no step of the wall clock moves: a report, its enrolment or the
    /// start of this controller.</summary>
    public long HeardAt { get; init; }

    /// <summary>Earlier runs of its agent, newest first.</summary>
    public IReadOnlyList<string> PastRuns { get; init; } = [];

    /// <summary>The state in the cloud of guests that others started there; null while that is unknown. Never modified once set.</summary>
    public CloudGuests? CloudGuests { get; init; }

    /// <summary>True while its last report is too old.</summary>
    public bool Lost { get; init; }
}
