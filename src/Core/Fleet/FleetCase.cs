using Opportunism.Core.Availability;

namespace Opportunism.Core.Fleet;

/// <summary>Everything that the plan for one node uses: what its agent reports, what the site has stored, what the cloud shows.</summary>
public sealed record FleetCase
{
    /// <summary>What the agent has decided; null before its first report.</summary>
    public required NodeState? State { get; init; }

    /// <summary>Why, as the agent reports it.</summary>
    public Reason Reason { get; init; }

    /// <summary>True while the node has sent no report for too long.</summary>
    public bool Lost { get; init; }

    /// <summary>True once its secret was revoked.</summary>
    public bool Revoked { get; init; }

    /// <summary>True while an operator wants it empty.</summary>
    public bool Drained { get; init; }

    /// <summary>True while an operator has snoozed it.</summary>
    public bool Snoozed { get; init; }

    /// <summary>The node as the cloud shows it; null when that is not known, which counts as open when it should be closed and as closed
    /// when it should be open.</summary>
    public CloudHost? Host { get; init; }
}
