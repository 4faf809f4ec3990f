namespace Opportunism.Agent.Monitors;

/// <summary>One monitor: its name, the settings that only it has, and how it is created. Listed in
/// <see cref="MonitorCatalog"/>.</summary>
public abstract class MonitorModule
{
    /// <summary>Its name in settings, logs and reports; never changes.</summary>
    public abstract string Name { get; }

    /// <summary>False where this operating system has no such monitor.</summary>
    public virtual bool IsForThisSystem => OperatingSystem.IsLinux();

    /// <summary>True for a monitor that [Monitors] WithoutSeat = lend adds, and that settings do not enable by its name.</summary>
    public virtual bool IsForMachinesWithoutSeat => false;

    /// <summary>Settings with their defaults. Where [Monitors] Enabled is not set every monitor runs, so with its defaults it sees
    /// zero sources on a machine that has none, and is not blind.</summary>
    public virtual OwnMonitorOptions NewOptions() => new();

    /// <summary>Every reason why its settings cannot be used, each naming section, key, value and what is allowed.</summary>
    /// <param name="options">The result of <see cref="NewOptions"/>, with the values of the settings file.</param>
    public virtual IEnumerable<string> Problems(OwnMonitorOptions options) => [];

    /// <summary>Creates the monitor from validated settings, where <see cref="IsForThisSystem"/>. Once, while the agent starts.</summary>
    public abstract IActivityMonitor Make(OwnMonitorOptions options, IgnoreList ignore, TimeProvider time);
}
