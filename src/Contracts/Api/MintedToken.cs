namespace Opportunism.Contracts.Api;

/// <summary>A new token with its secret: shown only this once, stored only as a hash.</summary>
/// <param name="Id">Its identity, for revoking it.</param>
/// <param name="Token">The whole token, secret included.</param>
/// <param name="Expires">When it expires.</param>
public sealed record MintedToken(string Id, string Token, DateTimeOffset? Expires);
