using System.Buffers.Binary;

namespace Opportunism.Core.Guests;

/// <summary>The part of a qcow2 file's header that decides whether a foreign file may be used (QEMU's docs/interop/qcow2.txt).</summary>
/// <param name="VirtualBytes">Size of the disk it holds.</param>
/// <param name="HasBackingFile">It names another file to read from: never accepted from outside.</param>
/// <param name="HasDataFile">It names another file that holds its content: never accepted from outside.</param>
public readonly record struct Qcow2Header(long VirtualBytes, bool HasBackingFile, bool HasDataFile)
{
    private const uint Magic = 0x514649fb;
    private const ulong ExternalDataFile = 1 << 2;

    /// <summary>How many bytes from a file's beginning are read.</summary>
    public const int Length = 80;

    /// <summary>Why such a file is not used, as text that follows its name; null when it may be used.</summary>
    public string? Problem => this switch
    {
        { HasBackingFile: true } => "names a backing file, which is never followed. Make it self-contained with 'qemu-img convert'.",
        { HasDataFile: true } =>
            "keeps its content in another file, which is never followed. Make it self-contained with 'qemu-img convert'.",
        _ => null,
    };

    /// <summary>Reads the beginning of a file; null when it is not qcow2 of version 2 or 3, or too short.</summary>
    public static Qcow2Header? Parse(ReadOnlySpan<byte> header)
    {
        if (header.Length < Length || BinaryPrimitives.ReadUInt32BigEndian(header) != Magic) return null;
        var version = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (version is not (2 or 3)) return null;
        var size = BinaryPrimitives.ReadUInt64BigEndian(header[24..]);
        if (size > long.MaxValue) return null;
        var incompatible = version == 3 ? BinaryPrimitives.ReadUInt64BigEndian(header[72..]) : 0;
        return new Qcow2Header((long)size, BinaryPrimitives.ReadUInt64BigEndian(header[8..]) != 0, (incompatible & ExternalDataFile) != 0);
    }
}
