using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Copies a guest's memory between tmpfs and disk: pages that are not zero, and of those only the ones that changed since they
/// were saved last.</summary>
/// <remarks>
/// Each piece of memory has a digest, and each page in it a hash (<see cref="PageHashes"/>). A page whose hash is that of the file's page
/// is not written again. The digest is stored separately from the hashes: a piece whose hashes do not match it is written whole.
/// The file on disk is read and written bypassing the page cache where its file system allows it: a GiB in 0.6 s instead of 3.3 s, and the
/// owner's files stay cached. Several workers take pieces in turn, so that one copies in memory while the disk works for another.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class MemoryCopy
{
    /// <summary>What one digest covers, and what one worker copies at a time when the copy is not paced.</summary>
    public const int PieceBytes = 8 * 1024 * 1024;

    /// <summary>What one hash covers: the smallest part that is written alone. Direct access needs multiples of it.</summary>
    public const int PageBytes = 4096;

    // What is written between two pauses when the copy is paced: the owner's writes wait for 1 MiB at most.
    private const int PacedBytes = 1024 * 1024;

    // Unchanged pages between two runs of changed ones are written too, if they add no more than this part: one write
    // that bypasses the page cache takes as long as 64 KiB more of a longer one (0.1 ms).
    private const int GapPart = 4;

    // A huge page of the RAM file, which is freed whole or not at all: freeing a part would split it, and splitting and freeing takes 50
    // times as long.
    private const long HugePage = 2 * 1024 * 1024;

    // One waits for the disk while the other copies; more gain nothing (measured on 2 processors).
    private const int Workers = 2;

    /// <summary>Saves memory that does not change, or continues where an earlier call for the same memory ended.</summary>
    /// <param name="source">The RAM file.</param>
    /// <param name="to">File to create or update; complete and on the disk when this returns.</param>
    /// <param name="hashes">File with the hash of each page of <paramref name="to"/>.</param>
    /// <param name="pieces">What the file holds already; updated, also when this is cancelled.</param>
    /// <param name="bytesPerSecond">Pace of what is written; null for as fast as possible.</param>
    /// <param name="time">For the pace.</param>
    /// <param name="cancellationToken">Checked before each piece, or each MiB if the copy is paced.</param>
    public static async Task SaveAsync(
        SafeFileHandle source, string to, string hashes, MemoryPieces pieces, long? bytesPerSecond, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(source);
        if (pieces.Length != length) throw new InvalidDataException($"The guest's memory has {length} bytes, not {pieces.Length}.");
        using var target = OpenTarget(to, length, pieces.IsNew, out var direct);
        using var table = File.OpenHandle(hashes, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var files = new CopyFiles(source, target, table, to);
        if (bytesPerSecond is { } pace) await SavePacedAsync(files, pieces, direct, pace, time, cancellationToken);
        else await EachPieceAsync(pieces.Count, (piece, buffer) => SavePiece(files, pieces, piece, buffer), cancellationToken);
        if (Libc.Fsync(Fd(target)) != 0) throw FileFailure.OfLastCall("write", to);
        if (!direct) _ = Libc.Advise(Fd(target), 0, 0, Libc.DontNeed);
    }

    /// <summary>Copies saved memory into a RAM file of the same size that is all zeros. Huge pages that the saved one has no data for are
    /// given back.</summary>
    /// <exception cref="InvalidDataException">A piece is not what was saved.</exception>
    public static async Task LoadAsync(string from, string to, MemoryPieces pieces, CancellationToken cancellationToken)
    {
        using var target = File.OpenHandle(to, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(target);
        using var source = Open(from, Libc.ReadOnly, length, out _);
        if (pieces.Length != length || RandomAccess.GetLength(source) != length)
            throw new InvalidDataException($"{from} has not the size that its manifest states.");
        // Only read, by all workers: the target holds nothing yet.
        var nothing = new PageHashes(pieces.Seed, PieceBytes);
        await EachPieceAsync(pieces.Count, (piece, buffer) =>
        {
            var (offset, count) = ((long)piece * PieceBytes, pieces.BytesOf(piece));
            FreeHoles(source, target, offset, count);
            var found = new PageHashes(pieces.Seed, count);
            _ = Copy(new CopyFiles(source, target, null, to), buffer, offset, offset, count, nothing, found);
            if (found.Digest() == pieces.DigestOf(piece)) return;
            throw new InvalidDataException($"{from} is damaged at byte {offset}: its digest differs from the manifest's.");
        }, cancellationToken);
    }

    private static void SavePiece(CopyFiles files, MemoryPieces pieces, int piece, nint buffer)
    {
        if (pieces.IsSaved(piece)) return;
        var (offset, count) = ((long)piece * PieceBytes, pieces.BytesOf(piece));
        var (before, after) = (Begin(files, pieces, piece), new PageHashes(pieces.Seed, count));
        var written = Copy(files, buffer, offset, offset, count, before, after);
        End(files, pieces, piece, after, written);
    }

    private static async Task SavePacedAsync(
        CopyFiles files, MemoryPieces pieces, bool direct, long pace, TimeProvider time, CancellationToken cancellationToken)
    {
        using var buffer = new PageBuffer(PacedBytes);
        var began = time.GetTimestamp();
        long stored = 0;
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            if (pieces.IsSaved(piece)) continue;
            var (start, end) = ((long)piece * PieceBytes, ((long)piece * PieceBytes) + pieces.BytesOf(piece));
            var (before, after, storedBefore) = (Begin(files, pieces, piece), new PageHashes(pieces.Seed, pieces.BytesOf(piece)), stored);
            for (var offset = start; offset < end; offset += PacedBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                stored += Copy(files, buffer.Start, start, offset, (int)Math.Min(PacedBytes, end - offset), before, after);
                var wait = TimeSpan.FromSeconds((double)stored / pace) - time.GetElapsedTime(began);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
            }

            End(files, pieces, piece, after, stored - storedBefore);
            if (direct || stored == storedBefore) continue;
            if (Libc.Fdatasync(Fd(files.Target)) != 0) throw FileFailure.OfLastCall("write", files.Name);
            _ = Libc.Advise(Fd(files.Target), start, end - start, Libc.DontNeed); // the owner's files stay in the page cache, not this one
        }
    }

    /// <summary>Reads what the file holds of a piece. Until the piece has ended its content counts as unknown, however this call
    /// ends.</summary>
    private static PageHashes Begin(CopyFiles files, MemoryPieces pieces, int piece)
    {
        var (offset, count) = ((long)piece * PieceBytes, pieces.BytesOf(piece));
        var hashes = new PageHashes(pieces.Seed, count);
        if (pieces.Begin(piece, out var isEmpty) is { } digest && hashes.TryRead(files.Hashes!, piece) && hashes.Digest() == digest)
            return hashes;
        hashes.Clear();
        if (!isEmpty && Libc.Allocate(Fd(files.Target), Libc.KeepSize | Libc.PunchHole, offset, count) != 0)
            WriteZeros(files, offset, count);
        return hashes;
    }

    private static void End(CopyFiles files, MemoryPieces pieces, int piece, PageHashes hashes, long written)
    {
        hashes.Write(files.Hashes!, piece);
        pieces.Saved(piece, hashes.Digest(), hashes.UsedPages * (long)PageBytes, written);
    }

    private static unsafe void WriteZeros(CopyFiles files, long offset, int count)
    {
        using var zeros = new PageBuffer(PacedBytes);
        new Span<byte>((void*)zeros.Start, PacedBytes).Clear();
        for (var done = 0; done < count; done += PacedBytes)
            WriteFully(
                Fd(files.Target), new ReadOnlySpan<byte>((void*)zeros.Start, Math.Min(PacedBytes, count - done)), offset + done,
                files.Name);
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
                Volatile.Write(ref next, count); // the others end too
                throw;
            }
        }, CancellationToken.None)));
    }

    /// <summary>Frees the huge pages of the target that the source has no data for.</summary>
    private static void FreeHoles(SafeFileHandle source, SafeFileHandle target, long offset, int count)
    {
        for (long position = offset, end = offset + count; position < end;)
        {
            var data = Libc.Seek(Fd(source), position, Libc.SeekData);
            var stop = data < 0 ? end : Math.Min(end, data);
            var (first, last) = ((position + HugePage - 1) / HugePage * HugePage, stop == end ? end : stop / HugePage * HugePage);
            if (last > first) _ = Libc.Allocate(Fd(target), Libc.KeepSize | Libc.PunchHole, first, last - first);
            if (stop == end) return;
            var hole = Libc.Seek(Fd(source), data, Libc.SeekHole);
            position = hole < 0 ? end : hole;
        }
    }

    /// <summary>Copies the pages of a part that differ from the target's.</summary>
    /// <param name="files">From where, to where.</param>
    /// <param name="buffer">Room for <paramref name="count"/> bytes.</param>
    /// <param name="piece">Where the piece begins.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="count">Its size.</param>
    /// <param name="before">The target's content of the piece.</param>
    /// <param name="after">Gets the hashes of the part.</param>
    /// <returns>Bytes written.</returns>
    private static unsafe long Copy(CopyFiles files, nint buffer, long piece, long offset, int count, PageHashes before, PageHashes after)
    {
        var (from, end) = (Fd(files.Source), offset + count);
        var start = (byte*)buffer;
        long written = 0;
        var position = offset;
        while (position < end)
        {
            var data = Libc.Seek(from, position, Libc.SeekData);
            var next = data < 0 || data >= end ? end : Math.Max(position, data / PageBytes * PageBytes);
            // A page that had data and is a hole now: rare (guests free memory page by page only if the balloon reports free pages).
            if (next > position && before.AnyUsed(PageOf(position), PageOf(next))) written += CopyPart(position, next, isHole: true);
            position = next;
            if (position == end) break;
            var hole = Libc.Seek(from, Math.Max(position, data), Libc.SeekHole);
            var stop = hole < 0 || hole >= end ? end : Math.Min(end, (hole + PageBytes - 1) / PageBytes * PageBytes);
            written += CopyPart(position, stop, isHole: false);
            position = stop;
        }

        return written;

        int PageOf(long at) => (int)((at - piece + PageBytes - 1) / PageBytes);

        long CopyPart(long partStart, long partEnd, bool isHole)
        {
            var length = (int)(partEnd - partStart);
            if (isHole) new Span<byte>(start, length).Clear();
            else ReadFully(from, start, length, partStart, files.Name);
            return WriteChanged(files, new ReadOnlySpan<byte>(start, length), partStart, PageOf(partStart), before, after);
        }
    }

    private static long WriteChanged(
        CopyFiles files, ReadOnlySpan<byte> bytes, long position, int firstPage, PageHashes before, PageHashes after)
    {
        long written = 0;
        // A run of pages that is written at once: from the first changed page to after the last.
        var (runStart, runEnd) = (-1, -1);
        for (var at = 0; at < bytes.Length; at += PageBytes)
        {
            var page = firstPage + (at / PageBytes);
            if (after.Set(page, bytes.Slice(at, Math.Min(PageBytes, bytes.Length - at))) == before[page]) continue;
            if (runStart >= 0 && at - runEnd <= (runEnd - runStart) / GapPart)
            {
                runEnd = at + PageBytes;
                continue;
            }

            Flush(bytes);
            (runStart, runEnd) = (at, at + PageBytes);
        }

        Flush(bytes);
        return written;

        void Flush(ReadOnlySpan<byte> all)
        {
            if (runStart < 0) return;
            var run = all[runStart..Math.Min(runEnd, all.Length)];
            WriteFully(Fd(files.Target), run, position + runStart, files.Name);
            written += run.Length;
        }
    }

    private static SafeFileHandle OpenTarget(string path, long length, bool isNew, out bool direct)
    {
        var target = Open(path, Libc.WriteOnly | Libc.Create | (isNew ? Libc.Empty : 0), length, out direct);
        if (isNew) RandomAccess.SetLength(target, length);
        return target;
    }

    /// <summary>Opens the file bypassing the page cache if possible.</summary>
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

    /// <param name="Source">Read.</param>
    /// <param name="Target">Written.</param>
    /// <param name="Hashes">Of the pages of the target; null where the target is a RAM file.</param>
    /// <param name="Name">Path of the file on disk, for errors.</param>
    private readonly record struct CopyFiles(SafeFileHandle Source, SafeFileHandle Target, SafeFileHandle? Hashes, string Name);

    /// <summary>Memory that starts at a page, as direct access needs it, and is returned to the system when it is no longer
    /// needed.</summary>
    private sealed unsafe class PageBuffer(int bytes) : IDisposable
    {
        public nint Start { get; } = (nint)NativeMemory.AlignedAlloc((nuint)bytes, PageBytes);

        public void Dispose() => NativeMemory.AlignedFree((void*)Start);
    }
}
