using Opportunism.Agent.Conditions.Linux;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>The list of all conditions, by name. The only place that checks the operating system for a condition.</summary>
public static class ConditionCatalog
{
    /// <summary>Names of all conditions, in the order in which they are shown.</summary>
    public static IReadOnlyList<string> Names { get; } = ["snooze", "cpu", "memory"];

    /// <summary>Creates the conditions that the settings enable; the settings have been validated.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="snooze">The snooze, which other parts of the agent set.</param>
    /// <param name="guestNanoseconds">CPU time that all guests together have used so far; called by the deciding thread at every
    /// sample.</param>
    /// <param name="time">The deciding thread's.</param>
    /// <param name="upcomingMiB">Memory that guests will take as soon as the node lends again, in MiB; called by the deciding thread at
    /// every sample.</param>
    /// <param name="pressure">Where the kernel's reports about short memory arrive.</param>
    public static IReadOnlyList<ICondition> Create(
        ConditionOptions options, SnoozeCondition snooze, Func<long> guestNanoseconds, TimeProvider time, Func<double>? upcomingMiB = null,
        MemoryPressure? pressure = null)
    {
        ICondition Make(string name) => name switch
        {
            "memory" when OperatingSystem.IsLinux() => new MemoryCondition(
                new ProcMemoryReader(), Threshold.AtLeast(options.MemoryEnterMiB, options.MemoryLeaveMiB), options.MemoryCriticalMiB,
                options.MemoryScarcePercent, upcomingMiB, pressure),
            _ => Create(name, options, snooze, guestNanoseconds, time),
        };
        return [.. Names.Where(name => options.Enabled.Count == 0 || options.Enabled.Contains(name)).Select(Make)];
    }

    private static ICondition Create(
        string name, ConditionOptions options, SnoozeCondition snooze, Func<long> guestNanoseconds, TimeProvider time) =>
        name switch
        {
            "snooze" => snooze,
            "cpu" when OperatingSystem.IsLinux() => new CpuCondition(
                new ProcCpuReader(), guestNanoseconds,
                Threshold.AtMost(options.CpuEnterPercent, options.CpuLeavePercent), time),
            _ => throw new ArgumentException(
                $"There is no condition '{name}' on this operating system; known are: {string.Join(", ", Names)}.", nameof(name)),
        };
}
