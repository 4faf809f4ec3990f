namespace Opportunism.Contracts.Api;

/// <summary>How a freeze of a node went.</summary>
/// <param name="At">When, by the node's clock.</param>
/// <param name="StillMs">From the decision until no guest used CPU.</param>
/// <param name="LeakedCpuMs">Guest CPU used after the decision.</param>
/// <param name="Guests">Guests there were.</param>
/// <param name="Brake">The brake that was needed: <c>freeze</c>, <c>stop</c> or <c>kill</c>.</param>
public sealed record FreezeView(DateTimeOffset? At, double StillMs, double LeakedCpuMs, int Guests, string Brake);
