namespace Opportunism.Controller.Store;

/// <summary>An enrolled node and its newest report.</summary>
internal sealed class NodeRow
{
    public required string Id { get; set; }

    public required byte[] SecretHash { get; set; }

    public DateTimeOffset Enrolled { get; set; }

    /// <summary>Name of the cloud it belongs to; empty for one that enrolled before a site could have several.</summary>
    public string Cloud { get; set; } = "";

    public bool Revoked { get; set; }

    public bool Drained { get; set; }

    public DateTimeOffset? SnoozedUntil { get; set; }

    public DateTimeOffset? LastHeard { get; set; }

    /// <summary>The newest report as received (protobuf); null before the first.</summary>
    public byte[]? Report { get; set; }

    /// <summary>Earlier runs of its agent, newest first, one per line: a report of these is a late one.</summary>
    public string PastRuns { get; set; } = "";
}
