using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The hash of each page of one piece of a guest's memory: 128 bits (XXH128 with a seed that guests cannot read), 0 for a page of
/// zeros.</summary>
/// <remarks>
/// 128 bits decide that a page did not change. Probability of two pages with the same hash: 1 in 10^24 for a guest of 64 GiB over 10 years
/// of visits every minute. A guest that constructs two such pages would need the seed, and could only harm itself.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class PageHashes(long seed, int bytes)
{
    private static readonly int HashesPerPiece = MemoryCopy.PieceBytes / MemoryCopy.PageBytes;

    private readonly UInt128[] hashes = new UInt128[(bytes + MemoryCopy.PageBytes - 1) / MemoryCopy.PageBytes];

    public UInt128 this[int page] => hashes[page];

    public int UsedPages => hashes.Length - hashes.AsSpan().Count(UInt128.Zero);

    /// <summary>Computes and notes the hash of a page.</summary>
    public UInt128 Set(int page, ReadOnlySpan<byte> content) =>
        hashes[page] = content.ContainsAnyExcept((byte)0) ? XxHash128.HashToUInt128(content, seed) : UInt128.Zero;

    public void Clear() => Array.Clear(hashes);

    public bool AnyUsed(int from, int to) => hashes.AsSpan(from..to).ContainsAnyExcept(UInt128.Zero);

    /// <summary>One value for all of them, in order.</summary>
    public UInt128 Digest() => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(hashes.AsSpan()), seed);

    /// <summary>Reads those of a piece; false when the file ends before.</summary>
    public bool TryRead(SafeFileHandle file, int piece) =>
        RandomAccess.Read(file, MemoryMarshal.AsBytes(hashes.AsSpan()), Offset(piece)) == hashes.Length * Marshal.SizeOf<UInt128>();

    public void Write(SafeFileHandle file, int piece) => RandomAccess.Write(file, MemoryMarshal.AsBytes(hashes.AsSpan()), Offset(piece));

    private static long Offset(int piece) => (long)piece * HashesPerPiece * Marshal.SizeOf<UInt128>();
}
