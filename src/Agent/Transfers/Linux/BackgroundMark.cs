using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Transfers.Linux;

/// <summary>Marks a connection as background traffic by options of its socket.</summary>
[SupportedOSPlatform("linux")]
internal static class BackgroundMark
{
    // RFC 8622: "Lower Effort", DSCP 1, in the upper six bits of the field.
    private const int LowerEffort = 1 << 2;

    // ip(7), ipv6(7), tcp(7).
    private const int LevelIp = 0, TypeOfService = 1, LevelIpv6 = 41, TrafficClass = 67, LevelTcp = 6, Congestion = 13;

    /// <summary>Before the first packet. An option that this system lacks is skipped: marking is best effort.</summary>
    public static void Set(Socket socket)
    {
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
