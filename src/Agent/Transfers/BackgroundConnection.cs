using System.Buffers.Binary;
using System.Net.Sockets;

namespace Opportunism.Agent.Transfers;

/// <summary>Connects to the controller for transfers: marked so that routers and the kernel prefer all other traffic, and
/// counted.</summary>
/// <remarks>A separate connection, since the node's reports must not be marked as background traffic.</remarks>
internal sealed class BackgroundConnection
{
    // RFC 8622: "Lower Effort", DSCP 1, in the upper six bits of the field.
    private const int LowerEffort = 1 << 2;

    // ip(7), ipv6(7), tcp(7).
    private const int LevelIp = 0, TypeOfService = 1, LevelIpv6 = 41, TrafficClass = 67, LevelTcp = 6, Congestion = 13;

    private long bytes;

    /// <summary>What has been sent and received over all these connections.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Before the first packet. An option that this system lacks is skipped: marking is best effort.
            Mark(socket);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new CountedStream(new NetworkStream(socket, ownsSocket: true), count => Interlocked.Add(ref bytes, count));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Mark(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return; // Windows marks by policy only (QoS), not by a socket's option
        Span<byte> value = stackalloc byte[sizeof(int)];
        if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteInt32LittleEndian(value, LowerEffort);
        else BinaryPrimitives.WriteInt32BigEndian(value, LowerEffort);
        TrySet(socket, LevelIp, TypeOfService, value);
        TrySet(socket, LevelIpv6, TrafficClass, value);
        // TCP-LP gives way to other connections of the same path; a module that few kernels have loaded.
        TrySet(socket, LevelTcp, Congestion, "lp"u8);
    }

    private static void TrySet(Socket socket, int level, int option, ReadOnlySpan<byte> value)
    {
        try
        {
            socket.SetRawSocketOption(level, option, value);
        }
        catch (SocketException)
        {
            return; // not on this system
        }
    }
}
