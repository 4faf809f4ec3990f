using Opportunism.Core.Guests;

namespace Opportunism.Controller.Store;

/// <summary>An image whose file is in the state folder.</summary>
internal sealed class ImageRow
{
    public required string Sha256 { get; set; }

    public required string Name { get; set; }

    public ImageFormat Format { get; set; }

    public long Bytes { get; set; }

    public DateTimeOffset Created { get; set; }
}
