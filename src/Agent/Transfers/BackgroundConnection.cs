using System.Net.Sockets;

namespace Opportunism.Agent.Transfers;

/// <summary>Connects to the controller for transfers: marked so that routers and the kernel prefer all other traffic, and
/// counted.</summary>
/// <remarks>A separate connection, since the node's reports must not be marked as background traffic.</remarks>
/// <param name="mark">Marks a socket before its first packet; best effort, never throws.</param>
internal sealed class BackgroundConnection(Action<Socket> mark)
{
    private long bytes;

    /// <summary>What has been sent and received over all these connections.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            mark(socket);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new CountedStream(new NetworkStream(socket, ownsSocket: true), count => Interlocked.Add(ref bytes, count));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
