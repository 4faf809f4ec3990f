namespace Opportunism.Contracts.Api;

/// <summary>A monitor or a condition of a node.</summary>
/// <param name="Name">Its name in settings.</param>
/// <param name="Ok">True for a monitor that sees, a condition that holds.</param>
/// <param name="Sources">Devices or displays it watches; 0 for a condition.</param>
/// <param name="Sentence">What it sees, or what to do.</param>
public sealed record WatcherView(string Name, bool Ok, int Sources, string Sentence);
