using Microsoft.Extensions.Logging;
using Opportunism.Hypervisors.Fake;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Hypervisors;

/// <summary>The list of hypervisors. A new one is a folder beside this file, and a line in each member here.</summary>
public static class HypervisorCatalog
{
    /// <summary>The names that settings may hold.</summary>
    public static IReadOnlyList<string> Names { get; } = ["qemu", "fake"];

    /// <summary>Makes the hypervisor of that name.</summary>
    /// <exception cref="IOException">Guests cannot be frozen on this machine; the message says what to do.</exception>
    /// <exception cref="PlatformNotSupportedException">It does not exist for this operating system.</exception>
    public static IHypervisor Make(string name, QemuSettings settings, TimeProvider time, ILoggerFactory logs) => name switch
    {
        "qemu" when OperatingSystem.IsLinux() => new QemuHypervisor(settings, time, logs.CreateLogger<QemuHypervisor>()),
        "fake" => new FakeHypervisor(time),
        _ => throw new PlatformNotSupportedException($"There is no hypervisor '{name}' for this operating system; known are {string.Join(", ", Names)}."),
    };
}
