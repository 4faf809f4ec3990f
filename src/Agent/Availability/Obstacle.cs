using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>One thing that keeps this node from being lent now, for a person.</summary>
/// <param name="Reason">What the rules call it.</param>
/// <param name="Sentence">What is in the way, with its reading.</param>
/// <param name="Remedy">What would change it.</param>
internal sealed record Obstacle(Reason Reason, string Sentence, string Remedy);
