using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>One thing that keeps this node from being lent now, for a person.</summary>
/// <param name="Reason">The rules' reason.</param>
/// <param name="Sentence">The obstacle, with its reading.</param>
/// <param name="Remedy">What would change it.</param>
internal sealed record Obstacle(Reason Reason, string Sentence, string Remedy);
