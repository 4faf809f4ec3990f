using System.Runtime.Versioning;

namespace Opportunism.TestKit.Desktops;

/// <summary>The same site with a desktop that runs systemd, which starts the agent by its unit file; it swaps, and keeps guests' files on a
/// disk. A fixture.</summary>
[SupportedOSPlatform("linux")]
public sealed class SystemdDesktopSite() : DesktopSite(new Way(
    DesktopImage.WithSystemdAsync,
    // The whole distribution is in memory.
    MemoryMiB: 2560,
    GuestUser: "opportunism-guest",
    Settings: "/etc/opportunism/agent.ini",
    Start: "systemctl start opportunism-agent",
    ShowLog: "systemctl status --no-pager -l -n 40 opportunism-agent",
    DisksMiB: [SwapMiB, 8192],
    // The root is in memory: checkpoints there would take the memory that they are meant to free, and no page of the agent's program could
    // be dropped.
    Prepare: "mkswap /dev/vda >/dev/null && swapon /dev/vda && mkfs.ext4 -q /dev/vdb && mount /dev/vdb /mnt && mkdir -p /mnt/program "
        + "/mnt/state /var/lib/opportunism && "
        + "cp /usr/lib/opportunism/* /mnt/program && mount --bind /mnt/program /usr/lib/opportunism && mount --bind /mnt/state "
            + "/var/lib/opportunism && chmod 711 /var/lib/opportunism && "
        + "sync && echo 1 >/proc/sys/vm/drop_caches"))
{
    /// <summary>The size of the disk that the desktop swaps to.</summary>
    public const int SwapMiB = 1024;
}
