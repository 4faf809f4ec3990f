namespace Opportunism.Contracts.Api;

/// <summary>Asks that a node is not lent for a while.</summary>
/// <param name="Until">The end of it; null or past ends a snooze.</param>
public sealed record SnoozeNode(DateTimeOffset? Until);
