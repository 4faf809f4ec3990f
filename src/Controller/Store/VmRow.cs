using Opportunism.Clouds.Embedded;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Controller.Store;

/// <summary>A VM of the embedded cloud.</summary>
internal sealed class VmRow
{
    public required string Id { get; set; }

    public required string Name { get; set; }

    public int Vcpus { get; set; }

    public int MemoryMiB { get; set; }

    public int DiskMiB { get; set; }

    public required string ImageSha256 { get; set; }

    public ImageFormat ImageFormat { get; set; }

    public required string ImageName { get; set; }

    public long ImageBytes { get; set; }

    public required string Policy { get; set; }

    public DateTimeOffset Created { get; set; }

    public DateTimeOffset Queued { get; set; }

    public GuestWish Wanted { get; set; }

    public long Generation { get; set; }

    public long Revision { get; set; }

    public string? Node { get; set; }

    public bool StartedHere { get; set; }

    public bool Moving { get; set; }

    public bool Terminating { get; set; }

    public string DiskSha256 { get; set; } = "";

    public long DiskBytes { get; set; }

    public string StoredSha256 { get; set; } = "";

    public long StoredBytes { get; set; }

    public int Placements { get; set; }

    public VmEnd End { get; set; }

    public DateTimeOffset? Ended { get; set; }

    public VmStatus Status { get; set; }

    public string Why { get; set; } = "";

    public DateTimeOffset Since { get; set; }
}
