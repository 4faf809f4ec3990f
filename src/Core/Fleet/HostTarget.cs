namespace Opportunism.Core.Fleet;

/// <summary>The state that a node should have in its cloud.</summary>
/// <param name="Open">True when guests may be placed on it.</param>
/// <param name="Empty">True when the guests there must leave; never together with <paramref name="Open"/>.</param>
/// <param name="Reason">Why it is closed, as a sentence for people who look at the cloud; empty when open.</param>
/// <param name="Lost">True when its cloud should have it marked as lost; never together with <paramref name="Open"/> or
/// <paramref name="Empty"/>.</param>
public readonly record struct HostTarget(bool Open, bool Empty, string Reason, bool Lost = false);
