using Microsoft.Extensions.Logging;
using Opportunism.Hypervisors.Fake;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Hypervisors;

/// <summary>The list of hypervisors. A new one is a folder beside this file, and a line in each member here.</summary>
public static class HypervisorCatalog
{
    /// <summary>The names that settings may hold.</summary>
    public static IReadOnlyList<string> Names { get; } = ["qemu", "libvirt", "fake"];

    /// <summary>Finds the guests of this machine by the hypervisor of that name: an <see cref="IHypervisor"/> where the agent starts them itself.</summary>
    /// <exception cref="IOException">Guests cannot be frozen on this machine; the message says what to do.</exception>
    /// <exception cref="PlatformNotSupportedException">It does not exist for this operating system.</exception>
    public static IMachineGuests Make(string name, QemuSettings qemu, LibvirtSettings libvirt, TimeProvider time, ILoggerFactory logs) => name switch
    {
        "qemu" when OperatingSystem.IsLinux() => new QemuHypervisor(qemu, time, logs.CreateLogger<QemuHypervisor>()),
        "libvirt" when OperatingSystem.IsLinux() => new LibvirtGuests(libvirt, time, logs.CreateLogger<LibvirtGuests>()),
        "fake" => new FakeHypervisor(time),
        _ => throw new PlatformNotSupportedException($"There is no hypervisor '{name}' for this operating system; known are {string.Join(", ", Names)}."),
    };
}
