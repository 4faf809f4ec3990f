namespace Opportunism.Hypervisors;

/// <summary>A piece of a guest's console output.</summary>
/// <param name="Offset">Of its first byte, counted from the guest's first boot on this machine.</param>
/// <param name="Bytes">The output; empty when there is no more.</param>
public readonly record struct ConsoleSlice(long Offset, ReadOnlyMemory<byte> Bytes);
