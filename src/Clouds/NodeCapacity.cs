namespace Opportunism.Clouds;

/// <summary>What a node lends.</summary>
/// <param name="Vcpus">Virtual CPUs in all, guests included.</param>
/// <param name="MemoryMiB">Memory in all, guests included.</param>
/// <param name="DiskMiB">Free disk space for guests.</param>
public readonly record struct NodeCapacity(int Vcpus, int MemoryMiB, long DiskMiB);
