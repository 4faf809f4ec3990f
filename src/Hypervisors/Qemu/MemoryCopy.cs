using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Copies a guest's memory between tmpfs and disk. Holes and zeros are not copied; each piece gets a CRC-32C of all its bytes.</summary>
/// <remarks>
/// The checksum guards against a failing disk, not against a person: only root can write there (docs/decisions/0012-checkpoint-checksums.md).
/// The file on disk is read and written past the page cache where its file system allows: a GiB in 0.6 s instead of 3.3 s, and the
/// owner's files stay cached. Several workers take pieces in turn, so that one copies in memory while the disk works for another.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class MemoryCopy
{
    /// <summary>What one checksum covers, and what one worker copies at a time when nothing is paced.</summary>
    public const int PieceBytes = 8 * 1024 * 1024;

    // What is written between two pauses when the copy is paced: the owner's own writes wait for 1 MiB at most.
    private const int PacedBytes = 1024 * 1024;

    // Small enough that scattered zeros are found, large enough that a call costs little per byte. Direct access needs multiples of 4 KiB.
    private const int BlockBytes = 64 * 1024;
    private const int PageBytes = 4096;

    // One waits for the disk while the other copies; more gain nothing (measured on 2 processors).
    private const int Workers = 2;

    /// <summary>Saves memory that stands still, or goes on where an earlier call for the same memory ended.</summary>
    /// <param name="from">The RAM file.</param>
    /// <param name="to">File to make; complete and on the disk when this returns.</param>
    /// <param name="pieces">What is saved already; kept up to date, also when this is cancelled.</param>
    /// <param name="bytesPerSecond">Pace; null for as fast as can be.</param>
    /// <param name="time">For the pace.</param>
    /// <param name="cancellationToken">Looked at before each piece, or each MiB where it is paced.</param>
    public static async Task SaveAsync(string from, string to, MemoryPieces pieces, long? bytesPerSecond, TimeProvider time, CancellationToken cancellationToken)
    {
        using var source = File.OpenHandle(from);
        var length = RandomAccess.GetLength(source);
        if (pieces.Length != length) throw new InvalidDataException($"{from} has {length} bytes, not {pieces.Length}.");
        using var target = OpenTarget(to, length, isNew: pieces.SavedCount == 0, out var direct);
        if (bytesPerSecond is { } pace) await SavePacedAsync(source, target, to, pieces, direct, pace, time, cancellationToken).ConfigureAwait(false);
        else await EachPieceAsync(pieces.Count, (piece, buffer) => SavePiece(source, target, to, pieces, piece, buffer), cancellationToken).ConfigureAwait(false);
        if (Libc.Fsync(Fd(target)) != 0) throw FileFailure.OfLastCall("write", to);
        if (!direct) _ = Libc.Advise(Fd(target), 0, 0, Libc.DontNeed);
    }

    /// <summary>Brings saved memory back into a RAM file of the same size that is all zeros. What the saved one has no data for is given back.</summary>
    /// <exception cref="InvalidDataException">A piece is not what was saved.</exception>
    public static async Task LoadAsync(string from, string to, IReadOnlyList<uint> crcs, CancellationToken cancellationToken)
    {
        using var target = File.OpenHandle(to, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(target);
        using var source = Open(from, Libc.ReadOnly, length, out _);
        if (crcs.Count != MemoryPieces.CountOf(length) || RandomAccess.GetLength(source) != length) throw new InvalidDataException($"{from} has not the size that its manifest states.");
        await EachPieceAsync(crcs.Count, (piece, buffer) =>
        {
            var offset = (long)piece * PieceBytes;
            var count = (int)Math.Min(PieceBytes, length - offset);
            FreeHoles(source, target, offset, count);
            if (Copy(source, target, buffer, offset, count, 0, to, out _) == crcs[piece]) return;
            throw new InvalidDataException($"{from} is damaged at byte {offset}: its checksum differs from the manifest's.");
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checksum of a small file.</summary>
    public static uint CrcOf(ReadOnlySpan<byte> bytes, uint crc = 0)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }

    private static void SavePiece(SafeFileHandle source, SafeFileHandle target, string to, MemoryPieces pieces, int piece, nint buffer)
    {
        if (pieces.IsSaved(piece)) return;
        var offset = (long)piece * PieceBytes;
        pieces.Saved(piece, Copy(source, target, buffer, offset, pieces.BytesOf(piece), 0, to, out var written), written);
    }

    private static async Task SavePacedAsync(SafeFileHandle source, SafeFileHandle target, string to, MemoryPieces pieces, bool direct, long pace, TimeProvider time, CancellationToken cancellationToken)
    {
        using var buffer = new PageBuffer(PacedBytes);
        var began = time.GetTimestamp();
        long stored = 0;
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            if (pieces.IsSaved(piece)) continue;
            var (start, end) = ((long)piece * PieceBytes, ((long)piece * PieceBytes) + pieces.BytesOf(piece));
            var (crc, before) = (0u, stored);
            for (var offset = start; offset < end; offset += PacedBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                crc = Copy(source, target, buffer.Start, offset, (int)Math.Min(PacedBytes, end - offset), crc, to, out var written);
                stored += written;
                var wait = TimeSpan.FromSeconds((double)stored / pace) - time.GetElapsedTime(began);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }

            pieces.Saved(piece, crc, stored - before);
            if (direct || stored == before) continue;
            if (Libc.Fdatasync(Fd(target)) != 0) throw FileFailure.OfLastCall("write", to);
            _ = Libc.Advise(Fd(target), start, end - start, Libc.DontNeed); // the owner's files stay in the page cache, not ours
        }
    }

    /// <summary>Lets a few workers take piece after piece; ends when all have ended.</summary>
    private static Task EachPieceAsync(int count, Action<int, nint> copy, CancellationToken cancellationToken)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(() =>
        {
            using var buffer = new PageBuffer(PieceBytes);
            try
            {
                for (int piece; (piece = Interlocked.Increment(ref next)) < count;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    copy(piece, buffer.Start);
                }
            }
            catch
            {
                Volatile.Write(ref next, count); // the others need not go on
                throw;
            }
        }, CancellationToken.None)));
    }

    /// <summary>Frees what the target has where the source has holes.</summary>
    private static void FreeHoles(SafeFileHandle source, SafeFileHandle target, long offset, int count)
    {
        for (long position = offset, end = offset + count; position < end;)
        {
            var data = Libc.Seek(Fd(source), position, Libc.SeekData);
            var stop = data < 0 ? end : Math.Min(end, data);
            if (stop > position) _ = Libc.Allocate(Fd(target), Libc.KeepSize | Libc.PunchHole, position, stop - position);
            if (stop == end) return;
            var hole = Libc.Seek(Fd(source), data, Libc.SeekHole);
            position = hole < 0 ? end : hole;
        }
    }

    /// <summary>Copies a part, data only. The checksum covers (position, bytes) of each block that is not zero.</summary>
    private static unsafe uint Copy(SafeFileHandle source, SafeFileHandle target, nint buffer, long offset, int count, uint crc, string to, out long written)
    {
        written = 0;
        var from = Fd(source);
        var start = (byte*)buffer;
        var end = offset + count;
        var position = offset;
        while (position < end)
        {
            // Where the next data begins; blocks are taken whole and aligned, so that the checksum does not depend on where holes are.
            var data = Libc.Seek(from, position, Libc.SeekData);
            if (data < 0 || data >= end) break;
            position = Math.Max(position, data / BlockBytes * BlockBytes);
            var hole = Libc.Seek(from, data, Libc.SeekHole);
            var stop = hole < 0 || hole >= end ? end : Math.Min(end, (hole + BlockBytes - 1) / BlockBytes * BlockBytes);
            var length = (int)(stop - position);
            ReadFully(from, start, length, position, to);
            crc = WriteBlocks(Fd(target), new ReadOnlySpan<byte>(start, length), position, crc, to, ref written);
            position = stop;
        }

        return crc;
    }

    private static uint WriteBlocks(int target, ReadOnlySpan<byte> bytes, long position, uint crc, string to, ref long written)
    {
        // Neighbouring blocks go out in one call.
        var runStart = -1;
        for (var at = 0; at <= bytes.Length; at += BlockBytes)
        {
            var block = at < bytes.Length ? bytes.Slice(at, Math.Min(BlockBytes, bytes.Length - at)) : default;
            if (block.ContainsAnyExcept((byte)0))
            {
                crc = CrcOf(block, BitOperations.Crc32C(crc, (ulong)(position + at)));
                if (runStart < 0) runStart = at;
                continue;
            }

            if (runStart < 0) continue;
            var run = bytes[runStart..Math.Min(at, bytes.Length)];
            WriteFully(target, run, position + runStart, to);
            written += run.Length;
            runStart = -1;
        }

        if (runStart >= 0)
        {
            WriteFully(target, bytes[runStart..], position + runStart, to);
            written += bytes.Length - runStart;
        }

        return crc;
    }

    private static SafeFileHandle OpenTarget(string path, long length, bool isNew, out bool direct)
    {
        var target = Open(path, Libc.WriteOnly | Libc.Create | (isNew ? Libc.Empty : 0), length, out direct);
        if (isNew) RandomAccess.SetLength(target, length);
        return target;
    }

    /// <summary>Opens past the page cache where that is possible.</summary>
    private static SafeFileHandle Open(string path, int flags, long length, out bool direct)
    {
        var mode = (int)LinuxFiles.OwnerOnly;
        var fd = length % PageBytes == 0 ? Libc.Open(path, flags | Libc.CloseOnExec | Libc.Direct, mode) : -1;
        direct = fd >= 0;
        if (!direct) fd = Libc.Open(path, flags | Libc.CloseOnExec, mode);
        if (fd < 0) throw FileFailure.OfLastCall("open", path);
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    // The handle outlives the call: each caller disposes of it after the last copy has ended.
    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static unsafe void ReadFully(int fd, byte* start, int length, long position, string to)
    {
        for (var done = 0; done < length;)
        {
            var count = Libc.Pread(fd, start + done, (nuint)(length - done), position + done);
            if (count < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted) continue;
            if (count <= 0) throw FileFailure.OfLastCall("read memory for", to);
            done += (int)count;
        }
    }

    private static unsafe void WriteFully(int fd, ReadOnlySpan<byte> bytes, long position, string to)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var count = Libc.Pwrite(fd, start + done, (nuint)(bytes.Length - done), position + done);
                if (count < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted) continue;
                if (count < 0) throw FileFailure.OfLastCall("write", to);
                done += (int)count;
            }
        }
    }

    /// <summary>Memory that starts at a page, as direct access needs it, and goes back to the system when it is not needed.</summary>
    private sealed unsafe class PageBuffer(int bytes) : IDisposable
    {
        public nint Start { get; } = (nint)NativeMemory.AlignedAlloc((nuint)bytes, PageBytes);

        public void Dispose() => NativeMemory.AlignedFree((void*)Start);
    }
}
