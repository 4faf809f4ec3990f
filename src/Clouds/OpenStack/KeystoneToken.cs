namespace Opportunism.Clouds.OpenStack;

/// <summary>A token and the data that Keystone returned with it. Its text form never contains the token.</summary>
internal sealed class KeystoneToken(
    string value, string userId, string projectId, DateTimeOffset renewAt, DateTimeOffset endsAt,
    IReadOnlyDictionary<string, Uri> endpoints)
{
    /// <summary>The secret itself.</summary>
    public string Value { get; } = value;

    /// <summary>Our user: distinguishes our own actions on a server from its tenant's.</summary>
    public string UserId { get; } = userId;

    /// <summary>The project that the token is valid for; empty for none.</summary>
    public string ProjectId { get; } = projectId;

    /// <summary>When to get the next token.</summary>
    public DateTimeOffset RenewAt { get; } = renewAt;

    /// <summary>When it expires.</summary>
    public DateTimeOffset EndsAt { get; } = endsAt;

    /// <summary>Address of each service type, for our region and interface.</summary>
    public IReadOnlyDictionary<string, Uri> Endpoints { get; } = endpoints;
}
