using System.Runtime.Versioning;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The monitor of terminals, for machines without a seat.</summary>
internal sealed class TerminalModule : MonitorModule
{
    /// <inheritdoc/>
    public override string Name => "terminals";

    /// <inheritdoc/>
    public override bool IsForMachinesWithoutSeat => true;

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IActivityMonitor Make(OwnMonitorOptions options, IgnoreList ignore, TimeProvider time) =>
        new TerminalMonitor(time, ignore);
}
