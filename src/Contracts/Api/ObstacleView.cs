namespace Opportunism.Contracts.Api;

/// <summary>One thing that keeps a node from being lent now, as its agent reports it.</summary>
/// <param name="Code">A name of ReasonCode.</param>
/// <param name="Source">The monitor or condition behind it; empty where there is none.</param>
/// <param name="Sentence">The obstacle.</param>
/// <param name="Remedy">What would change it.</param>
public sealed record ObstacleView(string Code, string Source, string Sentence, string Remedy);
