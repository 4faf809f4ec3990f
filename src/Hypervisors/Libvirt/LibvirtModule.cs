using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Guests that others start through libvirt, as settings name it.</summary>
internal sealed class LibvirtModule : HypervisorModule
{
    private const string UriKey = "LibvirtUri", FolderKey = "LibvirtFolder";

    /// <inheritdoc/>
    public override string Name => "libvirt";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys { get; } = [UriKey, FolderKey];

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(HypervisorSettings settings)
    {
        var own = Read(settings);
        if (!own.Uri.StartsWith("qemu", StringComparison.Ordinal) || !Uri.IsWellFormedUriString(own.Uri, UriKind.Absolute))
        {
            yield return $"[Guests] {UriKey} is '{own.Uri}'; an address of libvirt's QEMU driver such as qemu:///system is needed.";
        }

        if (!PlainPath.Is(own.RunFolder))
            yield return $"[Guests] {FolderKey} is '{own.RunFolder}'; an absolute path without '..' is needed.";
    }

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IMachineGuests Make(HypervisorSettings settings, TimeProvider time, ILoggerFactory logs) =>
        new LibvirtGuests(Read(settings), time, logs.CreateLogger<LibvirtGuests>());

    private static LibvirtSettings Read(HypervisorSettings settings)
    {
        var defaults = new LibvirtSettings { StateFolder = settings.StateFolder, Cgroup = settings.Cgroup };
        return defaults with { Uri = settings.Text(UriKey, defaults.Uri), RunFolder = settings.Text(FolderKey, defaults.RunFolder) };
    }
}
