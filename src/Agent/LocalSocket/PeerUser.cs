using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Finds which user is at the other end of a Unix socket (man 7 unix, SO_PEERCRED), as the kernel recorded it.</summary>
internal static class PeerUser
{
    private const int SocketLevel = 1, PeerCredentials = 17;

    public static uint Of(Socket connection)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        connection.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return MemoryMarshal.Read<uint>(credentials[4..]);
    }
}
