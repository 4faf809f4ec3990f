using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Opportunism.Agent.Guests;

namespace Opportunism.TestKit.Guests;

/// <summary>A controller's files in memory: the files to read and the data that was sent.</summary>
internal sealed class ImaginedSiteFiles : ISiteFiles
{
    private const int PieceBytes = 1000;

    /// <summary>Files by SHA-256.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Disks that were handed over, by guest.</summary>
    public ConcurrentDictionary<string, byte[]> Disks { get; } = new();

    public ConcurrentDictionary<string, byte[]> Consoles { get; } = new();

    /// <summary>The offsets of all reads of images.</summary>
    public ConcurrentQueue<long> Reads { get; } = new();

    /// <summary>The connection breaks after so many bytes of a read; -1 for never.</summary>
    public long BreaksAfter { get; set; } = -1;

    /// <summary>True to fail every call.</summary>
    public bool IsDown { get; set; }

    /// <summary>Until it is completed reads hang, and ignore cancellation, as on a disk that hangs.</summary>
    public Task Hangs { get; set; } = Task.CompletedTask;

    /// <summary>Adds a file and returns its name.</summary>
    public string Add(byte[] bytes)
    {
        var sha = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Files[sha] = bytes;
        return sha;
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadImageAsync(string sha256, long offset, CancellationToken cancellationToken) =>
        ReadAsync(sha256, offset, cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadDiskAsync(
        string guestId, string sha256, long offset, CancellationToken cancellationToken) =>
        ReadAsync(sha256, offset, cancellationToken);

    public async Task<string> WriteDiskAsync(string guestId, string path, Action<double> onProgress, CancellationToken cancellationToken)
    {
        if (IsDown) throw new SiteFilesException("The site is down.");
        Disks[guestId] = await File.ReadAllBytesAsync(path, cancellationToken);
        onProgress(1);
        return Add(Disks[guestId]);
    }

    public Task<long> WriteConsoleAsync(string guestId, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (IsDown) throw new SiteFilesException("The site is down.");
        var known = Consoles.GetOrAdd(guestId, _ => []);
        if (offset == known.Length) Consoles[guestId] = known = [.. known, .. bytes.Span];
        return Task.FromResult((long)known.Length);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        string sha256, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        Reads.Enqueue(offset);
        await Hangs;
        if (IsDown || !Files.TryGetValue(sha256, out var bytes)) throw new SiteFilesException("The site has no such file.");
        for (var at = offset; at < bytes.Length; at += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (BreaksAfter >= 0 && at - offset >= BreaksAfter) throw new SiteFilesException("The connection broke.");
            yield return bytes.AsMemory((int)at, (int)Math.Min(PieceBytes, bytes.Length - at));
        }
    }
}
