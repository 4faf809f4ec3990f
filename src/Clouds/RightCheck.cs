namespace Opportunism.Clouds;

/// <summary>One right that the controller needs in its cloud, and whether it has it.</summary>
/// <param name="Name">What it is for; never changes.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Sentence">What was tried and answered.</param>
/// <param name="Remedy">The line that gives it; empty when it is there.</param>
public sealed record RightCheck(string Name, RightState State, string Sentence, string Remedy);
