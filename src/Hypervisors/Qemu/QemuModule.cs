using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Guests that the agent itself starts with QEMU, as settings name it.</summary>
internal sealed class QemuModule : HypervisorModule
{
    /// <inheritdoc/>
    public override string Name => "qemu";

    /// <inheritdoc/>
    public override HypervisorOptions NewOptions() => new QemuOptions();

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(HypervisorOptions options)
    {
        var own = (QemuOptions)options;
        if (own.RunAs is "root" or "0")
            yield return $"[Guests] RunAs is '{own.RunAs}'; allowed is an unprivileged user, by name or number.";
        if (own.RunAsRange.Length > 0 && !UserRange.TryParse(own.RunAsRange, out _))
            yield return $"[Guests] RunAsRange is '{own.RunAsRange}'; allowed is {UserRange.Allowed}, or nothing.";
    }

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IMachineGuests Make(HypervisorOptions options, HypervisorSettings settings, TimeProvider time, ILoggerFactory logs)
    {
        var own = (QemuOptions)options;
        var qemu = new QemuSettings
        {
            StateFolder = settings.StateFolder,
            RamFolder = settings.RamFolder,
            Cgroup = settings.Cgroup,
            KeepFreeMiB = settings.KeepFreeMiB,
            RunAs = own.RunAs,
            RunAsRange = UserRange.TryParse(own.RunAsRange, out var range) ? range : null,
            Accelerator = own.Accelerator,
            Network = own.Network,
        };
        return new QemuHypervisor(qemu, time, logs.CreateLogger<QemuHypervisor>());
    }
}
