namespace Opportunism.Controller.Store;

/// <summary>A join token; its secret only as a hash.</summary>
internal sealed class JoinTokenRow
{
    public required string Id { get; set; }

    public required byte[] SecretHash { get; set; }

    public int UsesLeft { get; set; }

    public DateTimeOffset Created { get; set; }

    public DateTimeOffset Expires { get; set; }

    public bool Revoked { get; set; }

    public string Note { get; set; } = "";

    /// <summary>Names and patterns of the nodes that may enrol with it, separated by commas; empty for any.</summary>
    public string Names { get; set; } = "";

    /// <summary>Name of the cloud that nodes enrolled with it belong to; empty for the one from the settings.</summary>
    public string Cloud { get; set; } = "";
}
