using Opportunism.Agent.Monitors.Linux;

namespace Opportunism.Agent.Monitors;

/// <summary>The list of all monitors, by name. The only place that checks the operating system for a monitor.</summary>
public static class MonitorCatalog
{
    /// <summary>Names of this operating system's monitors, in the order in which they are shown.</summary>
    public static IReadOnlyList<string> Names => OperatingSystem.IsLinux() ? ["input", "x11"] : [];

    /// <summary>Creates the monitors that the settings enable; the settings have been validated.</summary>
    public static IReadOnlyList<IActivityMonitor> Create(MonitorOptions options, TimeProvider time)
    {
        var ignore = new IgnoreList(options.Ignore);
        var names = options.Enabled.Count == 0 ? Names : [.. options.Enabled];
        IReadOnlyList<IActivityMonitor> monitors = [.. names.Select(name => Create(name, ignore, time))];
        // On a machine that may have nothing else to watch, people who work in terminals are the owners.
        return options.WithoutSeat == WithoutSeat.Lend && OperatingSystem.IsLinux()
            ? [.. monitors, new TerminalMonitor(time, ignore)]
            : monitors;
    }

    private static IActivityMonitor Create(string name, IgnoreList ignore, TimeProvider time)
    {
        if (OperatingSystem.IsLinux())
        {
            if (name == "input") return new InputMonitor(time, ignore);
            if (name == "x11") return new X11Monitor(time, ignore);
        }

        throw new ArgumentException(
            $"There is no monitor '{name}' on this operating system; known are: {string.Join(", ", Names)}.", nameof(name));
    }
}
