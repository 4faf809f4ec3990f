using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Which pieces of a guest's memory are saved already, and their checksums. Good for one hold: memory does not change in it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryPieces
{
    private readonly bool[] saved;
    private readonly Lock gate = new();

    /// <param name="length">Bytes of memory.</param>
    public MemoryPieces(long length)
    {
        Length = length;
        saved = new bool[CountOf(length)];
        Crcs = new uint[saved.Length];
    }

    public long Length { get; }

    public int Count => saved.Length;

    /// <summary>Checksum of each piece; complete once all are saved.</summary>
    public uint[] Crcs { get; }

    public int SavedCount { get; private set; }

    /// <summary>Room that the saved ones take on disk.</summary>
    public long StoredBytes { get; private set; }

    public static int CountOf(long length) => (int)((length + MemoryCopy.PieceBytes - 1) / MemoryCopy.PieceBytes);

    public int BytesOf(int piece) => (int)Math.Min(MemoryCopy.PieceBytes, Length - ((long)piece * MemoryCopy.PieceBytes));

    public bool IsSaved(int piece)
    {
        lock (gate) return saved[piece];
    }

    /// <summary>Notes a piece as written, though not yet as safe from a power cut.</summary>
    public void Saved(int piece, uint crc, long storedBytes)
    {
        lock (gate)
        {
            saved[piece] = true;
            Crcs[piece] = crc;
            SavedCount++;
            StoredBytes += storedBytes;
        }
    }
}
