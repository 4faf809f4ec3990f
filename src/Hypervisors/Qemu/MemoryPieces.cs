using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The content of a file with a guest's memory, piece by piece: saved in this hold, or left by an earlier one as a base.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryPieces
{
    private readonly Piece[] pieces;
    private readonly Lock gate = new();

    /// <summary>Nothing is on disk yet.</summary>
    /// <param name="length">Bytes of memory.</param>
    /// <param name="seed">Of the hashes; the same as long as the file exists.</param>
    public MemoryPieces(long length, long seed)
    {
        (Length, Seed) = (length, seed);
        pieces = new Piece[CountOf(length)];
    }

    /// <summary>All that a checkpoint holds is on disk.</summary>
    public MemoryPieces(CheckpointManifest manifest)
    {
        (Length, Seed) = (manifest.MemoryBytes, manifest.MemorySeed);
        // An equal part of the whole for each: the size of a single one is not stored.
        var share = manifest.MemoryStoredBytes / Math.Max(1, manifest.MemoryDigests.Count);
        pieces = [.. manifest.MemoryDigests.Select(digest => new Piece(PieceState.Base, digest, share))];
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
            lock (gate) return pieces.All(piece => piece.State == PieceState.Empty);
        }
    }

    /// <summary>How many were saved in this hold.</summary>
    public int SavedCount { get; private set; }

    /// <summary>Space that all of them take on disk.</summary>
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
        lock (gate) return pieces[piece].State == PieceState.Saved;
    }

    public UInt128 DigestOf(int piece)
    {
        lock (gate) return pieces[piece].Digest;
    }

    /// <summary>The guest runs again: what is on disk no longer counts as its memory, but all of it is a base.</summary>
    public void EndHold()
    {
        lock (gate)
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                if (pieces[i].State == PieceState.Saved) pieces[i] = pieces[i] with { State = PieceState.Base };
            }

            (SavedCount, WrittenBytes) = (0, 0);
        }
    }

    /// <summary>Writing of a piece begins: until it has ended the file's content is undefined.</summary>
    /// <param name="piece">Which.</param>
    /// <param name="isEmpty">True if nothing of it was ever written: the file has a hole there.</param>
    /// <returns>The digest of the file's content; null when that is not known.</returns>
    public UInt128? Begin(int piece, out bool isEmpty)
    {
        lock (gate)
        {
            var before = pieces[piece];
            isEmpty = before.State == PieceState.Empty;
            StoredBytes -= before.Stored;
            pieces[piece] = default(Piece) with { State = PieceState.Unknown };
            return before.State is PieceState.Base or PieceState.Saved ? before.Digest : null;
        }
    }

    /// <summary>Marks a piece as written, but not yet as safe from a power cut.</summary>
    public void Saved(int piece, UInt128 digest, long storedBytes, long writtenBytes)
    {
        lock (gate)
        {
            pieces[piece] = new Piece(PieceState.Saved, digest, storedBytes);
            SavedCount++;
            StoredBytes += storedBytes;
            WrittenBytes += writtenBytes;
        }
    }

    private readonly record struct Piece(PieceState State, UInt128 Digest, long Stored);

    /// <summary>The state of a piece in the file.</summary>
    private enum PieceState
    {
        /// <summary>A hole: nothing of it was ever written.</summary>
        Empty,

        /// <summary>Its writing began and has not ended.</summary>
        Unknown,

        /// <summary>The memory of an earlier hold.</summary>
        Base,

        /// <summary>The memory of this hold.</summary>
        Saved,
    }
}
