namespace Opportunism.Contracts.Api;

/// <summary>A summary of a site.</summary>
public sealed record SiteStatus
{
    /// <summary>Version of the controller.</summary>
    public required string Version { get; init; }

    /// <summary>Names of the clouds it serves, separated by commas.</summary>
    public required string Cloud { get; init; }

    /// <summary>Names of the clouds it serves.</summary>
    public IReadOnlyList<string> Clouds { get; init; } = [];

    /// <summary>When the controller started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>The controller's clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Nodes enrolled and not revoked.</summary>
    public int Nodes { get; init; }

    /// <summary>How many of them are in each state; a lost one counts as <c>Lost</c>, one that never reported as <c>Unknown</c>.</summary>
    public IReadOnlyDictionary<string, int> NodesByState { get; init; } = new Dictionary<string, int>();

    /// <summary>Nodes open in the cloud.</summary>
    public int NodesOpen { get; init; }

    /// <summary>VMs that are neither deleted nor terminated.</summary>
    public int Vms { get; init; }

    /// <summary>How many VMs have each status.</summary>
    public IReadOnlyDictionary<string, int> VmsByStatus { get; init; } = new Dictionary<string, int>();

    /// <summary>Cloud actions that are pending, and why: one sentence each.</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];

    /// <summary>Problems of the site, nodes included.</summary>
    public IReadOnlyList<HealthView> Health { get; init; } = [];

    /// <summary>Id of the newest event.</summary>
    public long NewestEvent { get; init; }

    /// <summary>What the caller's token allows.</summary>
    public Role Role { get; init; }
}
