using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Guests that others start through libvirt, as settings name it.</summary>
internal sealed class LibvirtModule : HypervisorModule
{
    /// <inheritdoc/>
    public override string Name => "libvirt";

    /// <inheritdoc/>
    public override HypervisorOptions NewOptions() => new LibvirtOptions();

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(HypervisorOptions options)
    {
        var own = (LibvirtOptions)options;
        if (!own.LibvirtUri.StartsWith("qemu", StringComparison.Ordinal) || !Uri.IsWellFormedUriString(own.LibvirtUri, UriKind.Absolute))
        {
            yield return $"[Guests] LibvirtUri is '{own.LibvirtUri}'; allowed is an address of libvirt's QEMU driver such as "
                + "qemu:///system.";
        }

        if (!PlainPath.Is(own.LibvirtFolder))
            yield return $"[Guests] LibvirtFolder is '{own.LibvirtFolder}'; allowed is an absolute path without '..'.";
    }

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IMachineGuests Make(HypervisorOptions options, HypervisorSettings settings, TimeProvider time, ILoggerFactory logs)
    {
        var own = (LibvirtOptions)options;
        var libvirt = new LibvirtSettings
        {
            Uri = own.LibvirtUri,
            RunFolder = own.LibvirtFolder,
            StateFolder = settings.StateFolder,
            Cgroup = settings.Cgroup,
        };
        return new LibvirtGuests(libvirt, time, logs.CreateLogger<LibvirtGuests>());
    }
}
