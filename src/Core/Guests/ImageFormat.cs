namespace Opportunism.Core.Guests;

/// <summary>Formats of disk images. Always stated at the upload, never probed: a probed raw image can name any file of the host.</summary>
public enum ImageFormat
{
    /// <summary>A plain disk.</summary>
    Raw,

    /// <summary>QEMU's copy-on-write format, without a backing file.</summary>
    Qcow2,
}
