namespace Opportunism.Contracts.Api;

/// <summary>What a node lends.</summary>
/// <param name="Vcpus">Virtual CPUs in all, guests included.</param>
/// <param name="MemoryMiB">Memory in all, guests included.</param>
/// <param name="DiskMiB">What is left on its disk for guests.</param>
/// <param name="Hypervisor">Such as <c>qemu</c>.</param>
/// <param name="Accelerator">Such as <c>kvm</c> or <c>tcg</c>.</param>
public sealed record CapacityView(int Vcpus, int MemoryMiB, long DiskMiB, string Hypervisor, string Accelerator);
