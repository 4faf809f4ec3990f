using Opportunism.Agent.Monitors.Linux;

namespace Opportunism.Agent.Monitors;

/// <summary>The list of monitors. A new one is a file in the folder of its operating system, and one entry here.</summary>
public static class MonitorCatalog
{
    /// <summary>Every monitor of every operating system, in the order in which they are shown.</summary>
    public static IReadOnlyList<MonitorModule> All { get; } = [new InputModule(), new X11Module(), new TerminalModule()];

    /// <summary>Names of the monitors that settings may enable on this operating system, in that order.</summary>
    public static IReadOnlyList<string> Names =>
        [.. All.Where(module => module is { IsForThisSystem: true, IsForMachinesWithoutSeat: false }).Select(module => module.Name)];

    /// <summary>Creates the monitors that the settings enable; the settings have been validated.</summary>
    public static IReadOnlyList<IActivityMonitor> Create(MonitorOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        var ignore = new IgnoreList(options.Ignore);
        return
        [
            .. from module in All
               where module.IsForThisSystem
               // On a machine that may have nothing else to watch, people who work in terminals are the owners.
               where module.IsForMachinesWithoutSeat
                   ? options.WithoutSeat == WithoutSeat.Lend
                   : options.Enabled.Count == 0 || options.Enabled.Contains(module.Name)
               select module.Make(options.Own[module], ignore, time),
        ];
    }
}
