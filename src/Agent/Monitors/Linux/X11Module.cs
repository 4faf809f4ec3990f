using System.Runtime.Versioning;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The monitor of X displays.</summary>
internal sealed class X11Module : MonitorModule
{
    /// <inheritdoc/>
    public override string Name => "x11";

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IActivityMonitor Make(OwnMonitorOptions options, IgnoreList ignore, TimeProvider time) =>
        new X11Monitor(time, ignore);
}
