namespace Opportunism.Agent.Monitors;

/// <summary>What one monitor sees, with its name: for the deciding thread, reports and <c>doctor</c>.</summary>
public sealed record NamedSight(string Monitor, MonitorStatus Sight);
