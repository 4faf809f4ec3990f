namespace Opportunism.Contracts.Api;

/// <summary>A join token, without its secret.</summary>
/// <param name="Id">Its identity; no secret.</param>
/// <param name="UsesLeft">How many more nodes may enrol with it.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Expires">When it expires.</param>
/// <param name="Revoked">True once it was revoked.</param>
/// <param name="Note">What it is for.</param>
/// <param name="Cloud">Name of the cloud that its nodes belong to; empty for the one that the site's settings give them.</param>
/// <param name="Names">Names and patterns of the nodes that may enrol with it, separated by commas; empty for any.</param>
public sealed record JoinTokenView(
    string Id, int UsesLeft, DateTimeOffset Created, DateTimeOffset Expires, bool Revoked, string Note, string Cloud = "",
    string Names = "");
