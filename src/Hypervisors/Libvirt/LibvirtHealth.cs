using System.Runtime.Versioning;
using Opportunism.Core.Health;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The problems between this node and its libvirt. The kernel protects owners in any case.</summary>
[SupportedOSPlatform("linux")]
internal static class LibvirtHealth
{
    /// <summary>Guests that are not in the cgroup of all.</summary>
    public const string Outside = "guests.libvirt.outside";

    /// <summary>Guests that could not be found.</summary>
    public const string Unreadable = "guests.libvirt.unreadable";

    /// <summary>Called with the host's gate held.</summary>
    public static IEnumerable<HealthItem> Of(LibvirtHost host, DomainWatch? watch)
    {
        if (host.Connection.IsMissing)
        {
            yield return new HealthItem(
                "guests.libvirt.missing", HealthSeverity.Error,
                "libvirt's library is not installed, so guests can only be frozen by the kernel, and their cloud cannot reach them while "
                + "they are.",
                "apt install libvirt0, and restart the agent.");
        }
        else if (!host.Connection.IsOpen)
        {
            yield return new HealthItem(
                "guests.libvirt.unreachable", HealthSeverity.Error,
                $"libvirt at {host.Settings.Uri} cannot be reached: {host.Connection.Trouble} Guests are still frozen for the owner, by "
                + "the kernel alone; their cloud cannot get them off this node.",
                "systemctl restart libvirtd (or virtqemud), and look at its log.");
        }

        var alone = host.Domains.Values.Count(domain => domain.FrozenAlone);
        if (alone > 0)
            yield return new HealthItem(
                "guests.libvirt.not-held", HealthSeverity.Warning,
                $"{alone} guests are frozen by the kernel because libvirt has not paused them; their cloud cannot reach them until it has.",
                "It is retried automatically. If it lasts, check whether libvirt replies: virsh list.");
        var outside = host.Domains.Values.Count(domain => !domain.Joined);
        if (outside > 0)
            yield return new HealthItem(
                Outside, HealthSeverity.Error,
                $"{outside} guests could not be taken into the cgroup {host.Settings.Cgroup}, so they are halted one by one, by signals; "
                + "this node is not lent.",
                "Set cgroup_controllers = [] in /etc/libvirt/qemu.conf and restart libvirt and these guests.");
        foreach (var path in watch?.Unreadable ?? [])
            yield return new HealthItem(
                Unreadable, HealthSeverity.Error,
                $"{path} cannot be understood, so the guest it describes could not be frozen for the owner; this node is not lent.",
                "End that guest, and report the version of libvirt.");
        if (host.Held.IsIncomplete)
            yield return new HealthItem(
                "guests.libvirt.record-lost", HealthSeverity.Warning,
                "Which guests this node had paused could not be read after a restart; such guests stay paused.",
                "Find them with virsh list --all and resume them with virsh resume.");
    }
}
