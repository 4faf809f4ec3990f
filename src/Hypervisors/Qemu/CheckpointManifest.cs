namespace Opportunism.Hypervisors.Qemu;

/// <summary>What a checkpoint consists of. Written last: a folder without it is no checkpoint.</summary>
internal sealed record CheckpointManifest
{
    /// <summary>Grows when the format of the folder changes.</summary>
    public const int CurrentVersion = 2;

    public required int Version { get; init; }

    public required string GuestId { get; init; }

    /// <summary>The process that wrote it; any other running process is only loading it.</summary>
    public required int Pid { get; init; }

    public required long StartTime { get; init; }

    public required long StateBytes { get; init; }

    /// <summary>XXH128 of the device state.</summary>
    public required UInt128 StateHash { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>Space that the memory takes on disk.</summary>
    public required long MemoryStoredBytes { get; init; }

    /// <summary>Seed of the hashes of this guest's memory.</summary>
    public required long MemorySeed { get; init; }

    /// <summary>Digest of each piece of <see cref="MemoryCopy.PieceBytes"/>: XXH128 of the hashes of its pages.</summary>
    public required IReadOnlyList<UInt128> MemoryDigests { get; init; }

    public required long DiskBytes { get; init; }

    /// <summary>When the disk was written last, in ticks: a disk written since does not match the checkpoint.</summary>
    public required long DiskWrittenTicks { get; init; }

    public required int Vcpus { get; init; }

    public required LaunchRecord Launch { get; init; }
}
