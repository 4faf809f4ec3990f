namespace Opportunism.Clouds;

/// <summary>One right that the controller needs in its cloud, and whether it has it.</summary>
/// <param name="Name">What the right is for; never changes.</param>
/// <param name="State">Whether the controller has it.</param>
/// <param name="Sentence">What was tried, and the response.</param>
/// <param name="Remedy">The command or line that grants it; empty when it is granted.</param>
public sealed record RightCheck(string Name, RightState State, string Sentence, string Remedy);
