namespace Opportunism.Clouds.OpenStack;

/// <summary>A token and what Keystone said with it. Its text form never shows the token.</summary>
internal sealed class KeystoneToken(
    string value, string userId, string projectId, DateTimeOffset renewAt, DateTimeOffset endsAt,
    IReadOnlyDictionary<string, Uri> endpoints)
{
    /// <summary>The secret itself.</summary>
    public string Value { get; } = value;

    /// <summary>Who we are: what tells our own actions on a server from its tenant's.</summary>
    public string UserId { get; } = userId;

    /// <summary>The project that it counts for; empty for none.</summary>
    public string ProjectId { get; } = projectId;

    /// <summary>When to get the next one.</summary>
    public DateTimeOffset RenewAt { get; } = renewAt;

    /// <summary>When it ends.</summary>
    public DateTimeOffset EndsAt { get; } = endsAt;

    /// <summary>Address of each service type, for our region and interface.</summary>
    public IReadOnlyDictionary<string, Uri> Endpoints { get; } = endpoints;
}
