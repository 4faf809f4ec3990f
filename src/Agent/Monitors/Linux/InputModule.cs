using System.Runtime.Versioning;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The monitor of input devices.</summary>
internal sealed class InputModule : MonitorModule
{
    /// <inheritdoc/>
    public override string Name => "input";

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IActivityMonitor Make(OwnMonitorOptions options, IgnoreList ignore, TimeProvider time) =>
        new InputMonitor(time, ignore);
}
