using Opportunism.Core.Health;

namespace Opportunism.Hypervisors;

/// <summary>What a hypervisor can do on this machine.</summary>
/// <param name="Accelerator">How guests are run, such as <c>kvm</c> or <c>tcg</c>; empty when they cannot be.</param>
/// <param name="Version">The hypervisor's own version.</param>
/// <param name="Health">Problems, and protection that is weaker on this machine.</param>
public sealed record HypervisorProbe(string Accelerator, string Version, IReadOnlyList<HealthItem> Health);
