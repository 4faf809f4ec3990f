using Opportunism.Contracts.Api;

namespace Opportunism.Server.Store;

/// <summary>A person's token; its secret only as a hash.</summary>
public sealed class PersonTokenRow
{
    public required string Id { get; set; }

    public required string Name { get; set; }

    public Role Role { get; set; }

    public required byte[] SecretHash { get; set; }

    public DateTimeOffset Created { get; set; }

    public DateTimeOffset? Expires { get; set; }

    public bool Revoked { get; set; }
}
