using Opportunism.Hypervisors.Fake;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Hypervisors;

/// <summary>The list of hypervisors. A new one is a folder beside this file, and one line here.</summary>
public static class HypervisorCatalog
{
    /// <summary>Every hypervisor.</summary>
    public static IReadOnlyList<HypervisorModule> All { get; } = [new QemuModule(), new LibvirtModule(), new FakeModule()];

    /// <summary>The names that settings may hold, separated by commas.</summary>
    public static string Names => string.Join(", ", All.Select(module => module.Name));

    /// <summary>The hypervisor of that name; null when there is none.</summary>
    public static HypervisorModule? Find(string name) => All.FirstOrDefault(module => module.Name == name);
}
