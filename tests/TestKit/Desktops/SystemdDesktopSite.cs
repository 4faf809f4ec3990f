using System.Runtime.Versioning;

namespace Opportunism.TestKit.Desktops;

/// <summary>The same site with a desktop that runs systemd, which starts the agent by its unit file. A class fixture.</summary>
[SupportedOSPlatform("linux")]
public sealed class SystemdDesktopSite() : DesktopSite(new Way(
    DesktopImage.WithSystemdAsync,
    // The whole distribution is in memory.
    MemoryMiB: 2560,
    GuestUser: "opportunism-guest",
    Settings: "/etc/opportunism/agent.ini",
    Start: "systemctl start opportunism-agent",
    ShowLog: "systemctl status --no-pager -l -n 40 opportunism-agent"));
