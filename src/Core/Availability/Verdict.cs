namespace Opportunism.Core.Availability;

/// <summary>The result of the rules: the state a node should be in, and why.</summary>
public readonly record struct Verdict(NodeState State, Reason Reason);
