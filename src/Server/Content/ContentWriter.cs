using System.Security.Cryptography;
using Opportunism.Core.Guests;
using Opportunism.Files;

namespace Opportunism.Server.Content;

/// <summary>Writes unverified content to a file that appears only once it is whole, verified and on the disk. When disposed before that,
/// nothing is left.</summary>
public sealed class ContentWriter : IAsyncDisposable
{
    private readonly FileStream file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string path;
    private readonly byte[] head = new byte[Qcow2Header.Length];
    private int headLength;
    private bool kept;

    internal ContentWriter(string temporaryPath)
    {
        path = temporaryPath;
        file = new FileStream(
            temporaryPath,
            OwnerOnly.WhenMade(
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.Asynchronous,
                    BufferSize = 0,
                }));
    }

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The first bytes written: enough to recognize a format.</summary>
    public ReadOnlySpan<byte> Head => head.AsSpan(0, headLength);

    /// <summary>Appends a piece.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await file.WriteAsync(piece, cancellationToken);
        if (headLength < head.Length)
        {
            var more = Math.Min(piece.Length, head.Length - headLength);
            piece.Span[..more].CopyTo(head.AsSpan(headLength));
            headLength += more;
        }

        hash.AppendData(piece.Span);
        Bytes += piece.Length;
    }

    /// <summary>SHA-256 of what was written so far.</summary>
    public string Sha256() => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>Makes the content appear under its final path.</summary>
    public async Task KeepAsync(string finalPath)
    {
        file.Flush(flushToDisk: true);
        await file.DisposeAsync();
        DurableFile.Move(path, finalPath);
        kept = true;
    }

    /// <summary>Deletes what was written, unless it was kept.</summary>
    public async ValueTask DisposeAsync()
    {
        hash.Dispose();
        await file.DisposeAsync();
        if (!kept) File.Delete(path);
    }
}
