using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Copies a guest's memory between tmpfs and disk. Holes and zeros are not copied; each piece gets a CRC-32C of all its bytes.</summary>
/// <remarks>The checksum guards against a failing disk, not against a person: only root can write there (docs/decisions/0012-checkpoint-checksums.md).</remarks>
[SupportedOSPlatform("linux")]
internal static class MemoryCopy
{
    /// <summary>What is written between two waits for the disk when the copy is paced: 8 MiB keep the owner's own writes under 10 ms.</summary>
    public const int PieceBytes = 8 * 1024 * 1024;

    // Small enough that scattered zeros are found, large enough that a call costs little per byte.
    private const int BlockBytes = 64 * 1024;

    /// <summary>Saves memory that stands still.</summary>
    /// <param name="from">The RAM file.</param>
    /// <param name="to">File to make; complete and on the disk when this returns.</param>
    /// <param name="bytesPerSecond">Pace; null for as fast as can be.</param>
    /// <param name="time">For the pace.</param>
    /// <param name="onProgress">Told the part done, 0..1, after each piece.</param>
    /// <param name="cancellationToken">Looked at before each piece.</param>
    /// <returns>The checksum of each piece, and the bytes written.</returns>
    public static async Task<(uint[] Crcs, long StoredBytes)> SaveAsync(string from, string to, long? bytesPerSecond, TimeProvider time, Action<double>? onProgress, CancellationToken cancellationToken)
    {
        using var source = File.OpenHandle(from);
        using var target = File.OpenHandle(to, FileMode.Create, FileAccess.Write);
        File.SetUnixFileMode(to, LinuxFiles.OwnerOnly);
        var length = RandomAccess.GetLength(source);
        RandomAccess.SetLength(target, length);
        var crcs = new uint[(length + PieceBytes - 1) / PieceBytes];
        var buffer = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
        var targetFd = (int)target.DangerousGetHandle();
        var began = time.GetTimestamp();
        long stored = 0;
        for (var piece = 0; piece < crcs.Length; piece++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var offset = (long)piece * PieceBytes;
            var count = (int)Math.Min(PieceBytes, length - offset);
            crcs[piece] = SavePiece((int)source.DangerousGetHandle(), targetFd, buffer, offset, count, to, out var written);
            stored += written;
            onProgress?.Invoke((piece + 1.0) / crcs.Length);
            if (bytesPerSecond is not { } pace || written == 0) continue;
            if (Libc.Fdatasync(targetFd) != 0) throw LinuxFiles.Failed("write", to);
            _ = Libc.Advise(targetFd, offset, count, Libc.DontNeed); // the owner's files stay in the page cache, not ours
            var wait = TimeSpan.FromSeconds((double)stored / pace) - time.GetElapsedTime(began);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }

        if (Libc.Fsync(targetFd) != 0) throw LinuxFiles.Failed("write", to);
        _ = Libc.Advise(targetFd, 0, 0, Libc.DontNeed);
        return (crcs, stored);
    }

    /// <summary>Brings saved memory back into an empty RAM file of the same size.</summary>
    /// <exception cref="InvalidDataException">A piece is not what was saved.</exception>
    public static void Load(string from, string to, IReadOnlyList<uint> crcs, CancellationToken cancellationToken)
    {
        using var source = File.OpenHandle(from, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        using var target = File.OpenHandle(to, FileMode.Open, FileAccess.Write);
        var length = RandomAccess.GetLength(source);
        if (crcs.Count != (length + PieceBytes - 1) / PieceBytes || RandomAccess.GetLength(target) != length) throw new InvalidDataException($"{from} has not the size that its manifest states.");
        var buffer = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
        for (var piece = 0; piece < crcs.Count; piece++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var offset = (long)piece * PieceBytes;
            var count = (int)Math.Min(PieceBytes, length - offset);
            var crc = SavePiece((int)source.DangerousGetHandle(), (int)target.DangerousGetHandle(), buffer, offset, count, to, out _);
            if (crc != crcs[piece]) throw new InvalidDataException($"{from} is damaged at byte {offset}: its checksum differs from the manifest's.");
        }
    }

    /// <summary>Checksum of a small file.</summary>
    public static uint CrcOf(ReadOnlySpan<byte> bytes, uint crc = 0)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }

    /// <summary>Copies one piece, data only. The checksum covers (position, bytes) of each block that is not zero.</summary>
    private static unsafe uint SavePiece(int source, int target, byte[] buffer, long offset, int count, string to, out long written)
    {
        written = 0;
        uint crc = 0;
        var end = offset + count;
        var position = offset;
        fixed (byte* start = buffer)
        {
            while (position < end)
            {
                // Where the next data begins; blocks are taken whole and aligned, so that the checksum does not depend on where holes are.
                var data = Libc.Seek(source, position, Libc.SeekData);
                if (data < 0 || data >= end) break;
                position = Math.Max(position, data / BlockBytes * BlockBytes);
                var hole = Libc.Seek(source, data, Libc.SeekHole);
                var stop = hole < 0 || hole >= end ? end : Math.Min(end, (hole + BlockBytes - 1) / BlockBytes * BlockBytes);
                var length = (int)(stop - position);
                ReadFully(source, start, length, position, to);
                crc = WriteBlocks(target, new ReadOnlySpan<byte>(start, length), position, crc, to, ref written);
                position = stop;
            }
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

    private static unsafe void ReadFully(int fd, byte* start, int length, long position, string to)
    {
        for (var done = 0; done < length;)
        {
            var count = Libc.Pread(fd, start + done, (nuint)(length - done), position + done);
            if (count < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted) continue;
            if (count <= 0) throw LinuxFiles.Failed("read memory for", to);
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
                if (count < 0) throw LinuxFiles.Failed("write", to);
                done += (int)count;
            }
        }
    }
}
