using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>What a file on disk holds of a guest's memory, piece by piece: what was saved in this hold, and what an earlier hold left as a base of which only changes are written.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryPieces
{
    private readonly Piece[] pieces;
    private readonly Lock gate = new();

    /// <summary>Nothing is on disk yet.</summary>
    /// <param name="length">Bytes of memory.</param>
    /// <param name="seed">Of the hashes; the same for as long as the file is.</param>
    public MemoryPieces(long length, long seed)
    {
        (Length, Seed) = (length, seed);
        pieces = new Piece[CountOf(length)];
    }

    /// <summary>All that a checkpoint holds is on disk.</summary>
    public MemoryPieces(CheckpointManifest manifest)
    {
        (Length, Seed) = (manifest.MemoryBytes, manifest.MemorySeed);
        // Each the same part of the whole: how much room a single one takes is not kept.
        var share = manifest.MemoryStoredBytes / Math.Max(1, manifest.MemoryDigests.Count);
        pieces = [.. manifest.MemoryDigests.Select(digest => new Piece(IsTouched: true, IsSaved: false, IsBase: true, digest, share))];
        StoredBytes = share * pieces.Length;
    }

    public long Length { get; }

    public long Seed { get; }

    public int Count => pieces.Length;

    /// <summary>True until a piece was begun: the file need not exist.</summary>
    public bool IsNew
    {
        get
        {
            lock (gate) return !pieces.Any(piece => piece.IsTouched);
        }
    }

    /// <summary>How many were saved in this hold.</summary>
    public int SavedCount { get; private set; }

    /// <summary>Room that all of them take on disk.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Bytes written in this hold.</summary>
    public long WrittenBytes { get; private set; }

    public IReadOnlyList<UInt128> Digests
    {
        get
        {
            lock (gate) return [.. pieces.Select(piece => piece.Digest)];
        }
    }

    public static int CountOf(long length) => (int)((length + MemoryCopy.PieceBytes - 1) / MemoryCopy.PieceBytes);

    public int BytesOf(int piece) => (int)Math.Min(MemoryCopy.PieceBytes, Length - ((long)piece * MemoryCopy.PieceBytes));

    public bool IsSaved(int piece)
    {
        lock (gate) return pieces[piece].IsSaved;
    }

    public UInt128 DigestOf(int piece)
    {
        lock (gate) return pieces[piece].Digest;
    }

    /// <summary>The guest runs again: nothing of what is on disk is known to be its memory, but all of it is a base.</summary>
    public void EndHold()
    {
        lock (gate)
        {
            for (var i = 0; i < pieces.Length; i++) pieces[i] = pieces[i] with { IsSaved = false };
            (SavedCount, WrittenBytes) = (0, 0);
        }
    }

    /// <summary>Writing of a piece begins: until it has ended the file holds something in between.</summary>
    /// <param name="piece">Which.</param>
    /// <param name="isEmpty">True when nothing of it was ever written: the file has a hole there.</param>
    /// <returns>The digest of what the file holds of it; null when that is not known.</returns>
    public UInt128? Begin(int piece, out bool isEmpty)
    {
        lock (gate)
        {
            var before = pieces[piece];
            isEmpty = !before.IsTouched;
            StoredBytes -= before.Stored;
            pieces[piece] = default(Piece) with { IsTouched = true };
            return before.IsBase ? before.Digest : null;
        }
    }

    /// <summary>Notes a piece as written, though not yet as safe from a power cut.</summary>
    public void Saved(int piece, UInt128 digest, long storedBytes, long writtenBytes)
    {
        lock (gate)
        {
            pieces[piece] = new Piece(IsTouched: true, IsSaved: true, IsBase: true, digest, storedBytes);
            SavedCount++;
            StoredBytes += storedBytes;
            WrittenBytes += writtenBytes;
        }
    }

    private readonly record struct Piece(bool IsTouched, bool IsSaved, bool IsBase, UInt128 Digest, long Stored);
}
