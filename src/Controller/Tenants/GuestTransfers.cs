using Google.Protobuf;
using Grpc.Core;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Server.Content;

namespace Opportunism.Controller.Tenants;

/// <summary>The transfers between nodes and the site for guests: images, disks, consoles. A node may read and send only what its plan
/// names.</summary>
internal sealed class GuestTransfers(
    NodePlans plans, NodeRegistry fleet, SiteClouds clouds, ConsoleBuffers consoles, ImageFiles images, DiskFiles disks,
    ControllerOptions options, TimeProvider time)
{
    // The contract allows 1 MiB; a quarter of it keeps memory small with many transfers and is as fast.
    private const int PieceBytes = 256 * 1024;
    private const int MostReadOn = 4 << 20;
    private static readonly TimeSpan LongestReadOn = TimeSpan.FromSeconds(5);

    /// <summary>Sends an image that a guest in the node's plan needs.</summary>
    public async Task ReadImageAsync(
        NodeId node, ReadImageRequest request, IServerStreamWriter<Chunk> to, CancellationToken cancellationToken)
    {
        if (!NodeContract.IsSha256(request.Sha256)) throw Invalid("sha256 is not 64 lower-case hexadecimal digits");
        var named =
            plans.LevelOf(node)?.Current.Guests.Any(guest => guest.ImageSha256 == request.Sha256 && guest.Wish != nameof(GuestWish.Gone));
        if (named is not true) throw Forbidden("no guest in the node's plan needs this image");
        await SendAsync(images.Folder, request.Sha256, request.Offset, to, cancellationToken);
    }

    /// <summary>Sends the disk of a guest that is placed on the node.</summary>
    public async Task ReadDiskAsync(
        NodeId node, ReadDiskRequest request, IServerStreamWriter<Chunk> to, CancellationToken cancellationToken)
    {
        if (!GuestId.TryParse(request.GuestId, out var guest) || !NodeContract.IsSha256(request.Sha256))
            throw Invalid("guest_id or sha256 is malformed");
        if (plans.GuestOf(node, request.GuestId) is not { } plan || plan.DiskSha256 != request.Sha256
            || plan.Wish == nameof(GuestWish.Gone))
            throw Forbidden("the node's plan does not name this disk");
        await SendAsync(disks.Folder, DiskFiles.NameOf(guest, request.Sha256), request.Offset, to, cancellationToken);
    }

    /// <summary>Receives the disk of a guest that leaves the node.</summary>
    public async Task<WriteDiskReply> WriteDiskAsync(
        NodeId node, IAsyncStreamReader<WriteDiskRequest> messages, CancellationToken cancellationToken)
    {
        try
        {
            return await TakeDiskAsync(node, messages, cancellationToken);
        }
        catch (RpcException)
        {
            await ReadOnAsync(messages, cancellationToken);
            throw;
        }
    }

    /// <summary>Receives new console output of a guest.</summary>
    public WriteConsoleReply WriteConsole(NodeId node, WriteConsoleRequest request)
    {
        if (!GuestId.TryParse(request.GuestId, out var guest)) throw Invalid("guest_id is malformed");
        if (request.Data.Length > NodeContract.LargestConsolePiece) throw Invalid("data is longer than 64 KiB");
        if (request.Offset > long.MaxValue / 2) throw Invalid("offset is out of range");
        // A guest that another node runs is also in the plan of a node that reports it wrongly, with the wish to be gone.
        if (plans.GuestOf(node, request.GuestId) is not { } planned || planned.Wish == nameof(GuestWish.Gone))
            throw Forbidden("the node's plan does not name this guest");
        try
        {
            return new WriteConsoleReply
            {
                NextOffset = (ulong)consoles.Write(guest, node, planned.DiskSha256, (long)request.Offset, request.Data.Span),
            };
        }
        catch (IOException)
        {
            throw new RpcException(
                new Status(StatusCode.ResourceExhausted, "the site has no room for console output now; try again later"));
        }
    }

    private async Task<WriteDiskReply> TakeDiskAsync(
        NodeId node, IAsyncStreamReader<WriteDiskRequest> requestStream, CancellationToken cancellationToken)
    {
        if (!await requestStream.MoveNext(cancellationToken)) throw Invalid("the call has no message");
        var first = requestStream.Current;
        if (!GuestId.TryParse(first.GuestId, out var guest) || (first.Sha256.Length > 0 && !NodeContract.IsSha256(first.Sha256)))
            throw Invalid("guest_id or sha256 is malformed");
        if (fleet.Find(node) is not { } record || clouds.Of(record.Cloud).Guests is not { } source
            || plans.GuestOf(node, first.GuestId) is null || !source.MayHandOver(node, guest))
            throw Forbidden("no hand-over of this guest was requested from this node");
        var total = first.TotalBytes;
        if (total == 0 || total > (ulong)options.LargestImageMiB << 20)
            throw Invalid($"total_bytes is {total}; allowed is 1 to {options.LargestImageMiB} MiB");
        if (!disks.Folder.TryReserve((long)total))
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "the site has no room for this disk now; try again later"));
        string sha256;
        try
        {
            await using var file = disks.Folder.NewFile();
            sha256 = await ReceiveAsync(requestStream, file, total, cancellationToken);
            if (!NodeContract.IsSha256(sha256)) throw Invalid("sha256 is in neither the first nor the last message");
            if (file.Sha256() != sha256) throw new RpcException(new Status(StatusCode.DataLoss, "checksum mismatch; send the disk again"));
            await file.KeepAsync(disks.Folder.PathOf(DiskFiles.NameOf(guest, sha256)));
        }
        finally
        {
            disks.Folder.Release((long)total);
        }

        if (await source.DiskStoredAsync(node, guest, sha256, (long)total, cancellationToken))
            return new WriteDiskReply { Sha256 = sha256 };
        disks.Folder.Delete(DiskFiles.NameOf(guest, sha256));
        throw Forbidden("this guest is no longer to be handed over by this node");
    }

    /// <summary>Reads what a refused node is still sending, if that is little.</summary>
    /// <remarks>A call that ends while its node still sends can cost the whole connection,
    /// and with it the node's reports (HTTP/2: frames for a stream that is closed).</remarks>
    private async Task ReadOnAsync(IAsyncStreamReader<WriteDiskRequest> messages, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, LongestReadOn, Timeout.InfiniteTimeSpan);
        try
        {
            for (var left = MostReadOn; left > 0
                && await messages.MoveNext(limit.Token); left -= Math.Max(1024, messages.Current.CalculateSize()))
            {
            }
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or IOException or RpcException or InvalidOperationException)
        {
            // It has disconnected or sends for too long; it has been refused anyway.
        }
    }

    /// <returns>The checksum that the node sent, first or last; empty for none.</returns>
    private static async Task<string> ReceiveAsync(
        IAsyncStreamReader<WriteDiskRequest> messages, ContentWriter file, ulong total, CancellationToken cancellationToken)
    {
        var sha256 = "";
        do
        {
            if (messages.Current.Sha256.Length > 0) sha256 = messages.Current.Sha256;
            if (messages.Current.Chunk is not { } chunk) continue;
            if (chunk.Data.Length > NodeContract.LargestPiece || chunk.Offset != (ulong)file.Bytes
                || chunk.Offset + (ulong)chunk.Data.Length > total)
                throw Invalid("a chunk is too large, out of order or beyond total_bytes");
            await file.WriteAsync(chunk.Data.Memory, cancellationToken);
        }
        while (await messages.MoveNext(cancellationToken));

        if ((ulong)file.Bytes != total) throw Invalid($"received {file.Bytes} of {total} bytes");
        return sha256;
    }

    private static async Task SendAsync(
        ContentFolder folder, string name, ulong offset, IServerStreamWriter<Chunk> to, CancellationToken cancellationToken)
    {
        if (offset > long.MaxValue || folder.Open(name, (long)offset) is not { } file)
            throw new RpcException(new Status(StatusCode.NotFound, "there is no such content, or it is shorter than offset"));
        await using (file)
        {
            int read;
            do
            {
                // A new buffer each time: the message keeps it until it has been sent.
                var piece = new byte[PieceBytes];
                var at = (ulong)file.Position;
                read = await file.ReadAsync(piece, cancellationToken);
                if (read > 0)
                    await to.WriteAsync(
                        new Chunk { Offset = at, Data = UnsafeByteOperations.UnsafeWrap(piece.AsMemory(0, read)) }, cancellationToken);
            }
            while (read > 0);
        }
    }

    private static RpcException Invalid(string sentence) => new(new Status(StatusCode.InvalidArgument, sentence));

    private static RpcException Forbidden(string sentence) => new(new Status(StatusCode.PermissionDenied, sentence));
}
