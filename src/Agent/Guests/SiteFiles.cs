using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts.Nodes;
using Opportunism.Files;

namespace Opportunism.Agent.Guests;

/// <summary>Transfers files over the controller's gRPC contract.</summary>
/// <param name="client">The connected client with its credentials; null while there is no controller.</param>
/// <param name="transfers">The same for images and disks, over a connection of their own.</param>
/// <param name="pace">When images and disks may be transferred, so that the owner's network stays usable.</param>
/// <param name="fileHash">Hashes a disk before it is sent, for a controller that does not accept the checksum last.</param>
/// <param name="takesLateSha256">Whether the controller does.</param>
/// <param name="time">For time limits.</param>
internal sealed class SiteFiles(
    Func<Nodes.NodesClient?> client, Func<Nodes.NodesClient?> transfers, TransferPace pace, FileHash fileHash, Func<bool> takesLateSha256,
    TimeProvider time) : ISiteFiles
{
    private const int ChunkBytes = 256 * 1024;

    // A stream without data for this long counts as broken; TCP alone would need a quarter of an hour to notice.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadImageAsync(string sha256, long offset, CancellationToken cancellationToken) =>
        ReadAsync(
            nodes => nodes.ReadImage(
                new ReadImageRequest { Sha256 = sha256, Offset = (ulong)offset }, cancellationToken: cancellationToken),
            offset, cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadDiskAsync(
        string guestId, string sha256, long offset, CancellationToken cancellationToken) =>
        ReadAsync(
            nodes => nodes.ReadDisk(
                new ReadDiskRequest { GuestId = guestId, Sha256 = sha256, Offset = (ulong)offset },
                cancellationToken: cancellationToken),
            offset, cancellationToken);

    public async Task<string> WriteDiskAsync(string guestId, string path, Action<double> onProgress, CancellationToken cancellationToken)
    {
        try
        {
            var sha256 = takesLateSha256() ? "" : await fileHash.Sha256Async(path, cancellationToken);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var call = Connected(transfers).WriteDisk(cancellationToken: cancellationToken);
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(file);
            var buffer = new byte[ChunkBytes];
            long offset = 0;
            do
            {
                await pace.TakeAsync(buffer.Length, cancellationToken);
                var count = await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken);
                if (count == 0 && offset < length) throw new SiteFilesException($"{path} became shorter while it was sent.");
                var request = new WriteDiskRequest
                {
                    Chunk = new Chunk { Offset = (ulong)offset, Data = ByteString.CopyFrom(buffer, 0, count) },
                };
                if (offset == 0) (request.GuestId, request.Sha256, request.TotalBytes) = (guestId, sha256, (ulong)length);
                hash.AppendData(buffer, 0, count);
                if (sha256.Length == 0 && offset + count == length) request.Sha256 = sha256 = FileHash.Text(hash);
                await call.RequestStream.WriteAsync(request, cancellationToken).WaitAsync(Silence, time, cancellationToken);
                offset += count;
                onProgress(length == 0 ? 1 : (double)offset / length);
                PageCache.Drop(file, offset - count, count, written: false);
            }
            while (offset < length);

            await call.RequestStream.CompleteAsync();
            var reply = await call.ResponseAsync.WaitAsync(cancellationToken);
            if (reply.Sha256 != sha256)
                throw new SiteFilesException($"The controller stored another disk for guest {guestId} than was sent. Look at its log.");
            return sha256;
        }
        catch (Exception exception) when (IsOfTheWay(exception, cancellationToken))
        {
            throw new SiteFilesException($"The disk of guest {guestId} could not be sent: {Told(exception)}", exception);
        }
    }

    public async Task<long> WriteConsoleAsync(string guestId, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            var request = new WriteConsoleRequest { GuestId = guestId, Offset = (ulong)offset, Data = ByteString.CopyFrom(bytes.Span) };
            var reply = await Connected(client)
                .WriteConsoleAsync(request, cancellationToken: cancellationToken).ResponseAsync.WaitAsync(Silence, time, cancellationToken);
            return reply.NextOffset > long.MaxValue ? offset + bytes.Length : (long)reply.NextOffset;
        }
        catch (Exception exception) when (IsOfTheWay(exception, cancellationToken))
        {
            throw new SiteFilesException($"Console output of guest {guestId} could not be sent: {Told(exception)}", exception);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Func<Nodes.NodesClient, AsyncServerStreamingCall<Chunk>> ask, long offset,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = ask(Connected(transfers));
        while (await NextAsync(call, cancellationToken) is { } chunk)
        {
            if (chunk.Offset != (ulong)offset)
                throw new SiteFilesException($"The controller sent byte {chunk.Offset} where {offset} was due.");
            offset += chunk.Data.Length;
            // What is not read stays at the controller: its stream is full after a few chunks.
            await pace.TakeAsync(chunk.Data.Length, cancellationToken);
            yield return chunk.Data.Memory;
        }
    }

    private async Task<Chunk?> NextAsync(AsyncServerStreamingCall<Chunk> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken).WaitAsync(Silence, time, cancellationToken)
                ? call.ResponseStream.Current
                : null;
        }
        catch (Exception exception) when (IsOfTheWay(exception, cancellationToken))
        {
            throw new SiteFilesException($"The controller could not be read from: {Told(exception)}", exception);
        }
    }

    private static Nodes.NodesClient Connected(Func<Nodes.NodesClient?> client) =>
        client() ?? throw new SiteFilesException("The node is not connected to its controller.");

    private static bool IsOfTheWay(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && exception is RpcException or TimeoutException or InvalidOperationException or IOException or OperationCanceledException;

    private static string Told(Exception exception) =>
        exception is RpcException rpc ? $"{rpc.StatusCode}, {rpc.Status.Detail}" : exception.Message;
}
