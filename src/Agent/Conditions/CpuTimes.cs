namespace Opportunism.Agent.Conditions;

/// <summary>CPU time of all CPUs together since the machine started.</summary>
/// <param name="Busy">Used by anything, guests included.</param>
/// <param name="Total">Used or not: grows by the time that passes times the number of CPUs.</param>
public readonly record struct CpuTimes(TimeSpan Busy, TimeSpan Total);
