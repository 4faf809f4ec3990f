namespace Opportunism.Agent.Monitors;

/// <summary>Which monitors watch, and what they leave alone.</summary>
public sealed class MonitorOptions
{
    /// <summary>Names of the monitors to run; empty means every monitor of this operating system.</summary>
    public IList<string> Enabled { get; } = [];

    /// <summary>Device or display names to leave alone: exact, or with a trailing <c>*</c> for every name that begins so.</summary>
    public IList<string> Ignore { get; } = [];

    /// <summary>What to do on a machine without a seat.</summary>
    public WithoutSeat WithoutSeat { get; set; } = WithoutSeat.Refuse;
}
