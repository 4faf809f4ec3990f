using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Settings of section [Guests] for guests of QEMU.</summary>
internal sealed class QemuOptions : HypervisorOptions
{
    /// <summary>Unprivileged user that QEMU runs as, by name or number.</summary>
    public string RunAs { get; set; } = "opportunism-guest";

    /// <summary>User numbers of which each guest gets one of its own, FIRST-LAST; empty: all use <see cref="RunAs"/>. The default has
    /// numbers of no user of a desktop: /etc/login.defs gives people 1000 to 60000.</summary>
    [EmptyAllowed]
    public string RunAsRange { get; set; } = "70000-70255";

    /// <summary>How guests' CPUs are run.</summary>
    public Accelerator Accelerator { get; set; } = Accelerator.Auto;

    /// <summary>The network that guests get.</summary>
    public GuestNetwork Network { get; set; } = GuestNetwork.Isolated;
}
