namespace Opportunism.Contracts.Api;

/// <summary>One problem.</summary>
/// <param name="Code">Name for machines; never changes.</param>
/// <param name="Severity">A name of <see cref="Core.Health.HealthSeverity"/>.</param>
/// <param name="Sentence">What is wrong, on what.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record HealthView(string Code, string Severity, string Sentence, string Remedy);
