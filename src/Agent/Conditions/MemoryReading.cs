namespace Opportunism.Agent.Conditions;

/// <summary>The memory of this machine at one point in time.</summary>
/// <param name="AvailableMiB">What a new program could get without anything being swapped out, in MiB.</param>
/// <param name="TotalMiB">All there is, in MiB.</param>
public readonly record struct MemoryReading(double AvailableMiB, double TotalMiB);
