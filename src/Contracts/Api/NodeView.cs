using Opportunism.Core.Availability;

namespace Opportunism.Contracts.Api;

/// <summary>A node as people see it.</summary>
public sealed record NodeView
{
    /// <summary>Name under which it is enrolled.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the cloud it belongs to.</summary>
    public string Cloud { get; init; } = "";

    /// <summary>What its agent has decided; null until its first report.</summary>
    public NodeState? State { get; init; }

    /// <summary>A name of <see cref="Core.Availability.ReasonCode"/>; empty until the first report.</summary>
    public string ReasonCode { get; init; } = "";

    /// <summary>Why it is in its state, as a sentence for a person; that it is lost, drained or revoked comes before the agent's own
    /// reason.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it entered the state, by the node's clock.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>True while its last report is older than the site allows.</summary>
    public bool Lost { get; init; }

    /// <summary>True once its secret was revoked.</summary>
    public bool Revoked { get; init; }

    /// <summary>True while the cloud may place guests on it.</summary>
    public bool Open { get; init; }

    /// <summary>The cloud action that is pending for it, and why; null when none is.</summary>
    public string? Pending { get; init; }

    /// <summary>True while an operator wants it empty.</summary>
    public bool Drained { get; init; }

    /// <summary>Until when an operator snoozed it, if so.</summary>
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>Until when its owner snoozed it, if so.</summary>
    public DateTimeOffset? OwnerSnoozedUntil { get; init; }

    /// <summary>What it lends; null until its first report.</summary>
    public CapacityView? Capacity { get; init; }

    /// <summary>The guests it reports.</summary>
    public IReadOnlyList<NodeGuestView> Guests { get; init; } = [];

    /// <summary>Its monitors.</summary>
    public IReadOnlyList<WatcherView> Monitors { get; init; } = [];

    /// <summary>Its conditions.</summary>
    public IReadOnlyList<WatcherView> Conditions { get; init; } = [];

    /// <summary>Everything that keeps it from being lent now, the most important first.</summary>
    public IReadOnlyList<ObstacleView> Obstacles { get; init; } = [];

    /// <summary>Its problems.</summary>
    public IReadOnlyList<HealthView> Health { get; init; } = [];

    /// <summary>Its last freeze, if there was one.</summary>
    public FreezeView? LastFreeze { get; init; }

    /// <summary>When its newest report came, by the site's clock.</summary>
    public DateTimeOffset? LastHeard { get; init; }

    /// <summary>When it was enrolled.</summary>
    public DateTimeOffset Enrolled { get; init; }

    /// <summary>Version of its agent.</summary>
    public string AgentVersion { get; init; } = "";
}
