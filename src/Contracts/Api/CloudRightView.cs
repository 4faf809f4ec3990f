namespace Opportunism.Contracts.Api;

/// <summary>One right that the controller needs in its cloud.</summary>
/// <param name="Name">What it is for; never changes.</param>
/// <param name="State">Granted, Missing or Unknown.</param>
/// <param name="Sentence">What was tried, and the reply.</param>
/// <param name="Remedy">What gives it; empty when it is there.</param>
public sealed record CloudRightView(string Name, string State, string Sentence, string Remedy);
