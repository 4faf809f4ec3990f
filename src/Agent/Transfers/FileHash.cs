using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Opportunism.Files;

namespace Opportunism.Agent.Transfers;

/// <summary>Hashes large files while the owner is there: paced, bypassing the page cache, and cancelled within one piece.</summary>
/// <param name="pace">Pace at which they are read from the disk.</param>
internal sealed class FileHash(Pace pace)
{
    private const int PieceBytes = 1024 * 1024;

    /// <summary>SHA-256 of a file as 64 lower-case hexadecimal digits.</summary>
    public async Task<string> Sha256Async(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        await AddAsync(hash, file, RandomAccess.GetLength(file), cancellationToken);
        return Text(hash);
    }

    /// <summary>Adds the first bytes of a file to a hash.</summary>
    public async Task AddAsync(IncrementalHash hash, SafeFileHandle file, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(PieceBytes, length)];
        for (long offset = 0; offset < length;)
        {
            await pace.TakeAsync(buffer.Length, cancellationToken);
            var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)), offset);
            if (count == 0) throw new IOException("A file became shorter while it was read.");
            hash.AppendData(buffer, 0, count);
            PageCache.Drop(file, offset, count, written: false);
            offset += count;
        }
    }

    /// <summary>What was added so far, as 64 lower-case hexadecimal digits.</summary>
    public static string Text(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash());
}
