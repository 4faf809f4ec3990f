namespace Opportunism.Core.Availability;

/// <summary>What the rules answer: the state a node should be in and why.</summary>
public readonly record struct Verdict(NodeState State, Reason Reason);
