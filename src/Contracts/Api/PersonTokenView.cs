namespace Opportunism.Contracts.Api;

/// <summary>A person's token, without its secret.</summary>
/// <param name="Id">Its identity; no secret.</param>
/// <param name="Name">Whose it is.</param>
/// <param name="Role">What it allows.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Expires">When it expires; null for the local admin token.</param>
/// <param name="Revoked">True once it was revoked.</param>
public sealed record PersonTokenView(string Id, string Name, Role Role, DateTimeOffset Created, DateTimeOffset? Expires, bool Revoked);
