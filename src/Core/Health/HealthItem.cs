namespace Opportunism.Core.Health;

/// <summary>One problem, described so that a person can act on it.</summary>
/// <param name="Code">Name for machines, such as <c>monitor.x11.no-cookie</c>; never changes.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Sentence">What is wrong, on what.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record HealthItem(string Code, HealthSeverity Severity, string Sentence, string Remedy);
