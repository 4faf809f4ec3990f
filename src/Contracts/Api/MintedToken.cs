namespace Opportunism.Contracts.Api;

/// <summary>A token just made, with its secret: shown this once, kept only as a hash.</summary>
/// <param name="Id">Its identity, for revoking it.</param>
/// <param name="Token">The whole token, secret included.</param>
/// <param name="Expires">When it ends.</param>
public sealed record MintedToken(string Id, string Token, DateTimeOffset? Expires);
