namespace Opportunism.Agent.Monitors;

/// <summary>Which monitors watch, and what they ignore.</summary>
public sealed class MonitorOptions
{
    /// <summary>Names of the monitors to run; empty means every monitor of this operating system.</summary>
    public IList<string> Enabled { get; } = [];

    /// <summary>Device or display names to ignore: exact, or with a trailing <c>*</c> for every name that begins so.</summary>
    public IList<string> Ignore { get; } = [];

    /// <summary>The settings in this section that only one monitor has, of each monitor.</summary>
    public IReadOnlyDictionary<MonitorModule, OwnMonitorOptions> Own { get; } =
        MonitorCatalog.All.ToDictionary(module => module, module => module.NewOptions());

    /// <summary>What to do on a machine without a seat.</summary>
    public WithoutSeat WithoutSeat { get; set; } = WithoutSeat.Refuse;
}
