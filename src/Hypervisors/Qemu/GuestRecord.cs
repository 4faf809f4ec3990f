using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>What is stored about a guest as long as anything of it is on this machine.</summary>
internal sealed record GuestRecord
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required int Vcpus { get; init; }

    public required int MemoryMiB { get; init; }

    public required int DiskMiB { get; init; }

    public required string ImageSha256 { get; init; }

    public required string ImageFormat { get; init; }

    /// <summary>The backing image of its disk; empty if the disk has none.</summary>
    public required string ImagePath { get; init; }

    /// <summary>The user that only this guest has; null if all guests share one.</summary>
    public uint? Uid { get; init; }

    public static GuestRecord Of(GuestSpec spec, string imagePath, uint? uid) => new()
    {
        Uid = uid,
        Id = spec.Id.Value,
        Name = spec.Name,
        Vcpus = spec.Vcpus,
        MemoryMiB = spec.MemoryMiB,
        DiskMiB = spec.DiskMiB,
        ImageSha256 = spec.ImageSha256,
        ImageFormat = spec.ImageFormat.ToString(),
        ImagePath = imagePath,
    };

    /// <summary>The guest's spec, or null when the record holds something else.</summary>
    public GuestSpec? ToSpec()
    {
        if (!GuestId.TryParse(Id, out var id) || !Enum.TryParse<ImageFormat>(ImageFormat, out var format)) return null;
        var spec = new GuestSpec(id, Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, format);
        return spec.Problems().Any() ? null : spec;
    }
}
