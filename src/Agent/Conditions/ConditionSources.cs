namespace Opportunism.Agent.Conditions;

/// <summary>What conditions read. All functions are called by the deciding thread at each sample: they never wait, throw or
/// allocate.</summary>
/// <param name="Snooze">The snooze, which other parts of the agent set.</param>
/// <param name="GuestNanoseconds">CPU time that all guests together have used so far.</param>
/// <param name="Time">The deciding thread's clock.</param>
/// <param name="Cpu">Creates the reader of this system's CPU counters; while the agent starts.</param>
/// <param name="Memory">Creates the reader of this system's memory; while the agent starts.</param>
/// <param name="UpcomingMiB">Memory that guests will take as soon as the node lends again, in MiB; null for none.</param>
/// <param name="Pressure">Where the kernel's reports about short memory arrive; null where there are none.</param>
public sealed record ConditionSources(
    SnoozeCondition Snooze, Func<long> GuestNanoseconds, TimeProvider Time, Func<ICpuReader> Cpu, Func<IMemoryReader> Memory,
    Func<double>? UpcomingMiB = null, MemoryPressure? Pressure = null);
