using Opportunism.Core.Guests;

namespace Opportunism.Controller.Store;

/// <summary>What may still lie on a node of a guest that is elsewhere or deleted.</summary>
internal sealed class LeftoverRow
{
    public required string GuestId { get; set; }

    public required string Node { get; set; }

    public long Revision { get; set; }

    public long Generation { get; set; }

    public bool MayRun { get; set; }

    public required string Name { get; set; }

    public int Vcpus { get; set; }

    public int MemoryMiB { get; set; }

    public int DiskMiB { get; set; }

    public required string ImageSha256 { get; set; }

    public ImageFormat ImageFormat { get; set; }
}
