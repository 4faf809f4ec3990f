using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Agent.LocalSocket.Linux;

/// <summary>Finds which user is at the other end of a Unix socket (man 7 unix, SO_PEERCRED), as the kernel recorded it.</summary>
[SupportedOSPlatform("linux")]
internal static class PeerUser
{
    private const int SocketLevel = 1, PeerCredentials = 17;

    /// <summary>Its number; the user with number 0 administers the machine.</summary>
    public static LocalUser Of(Socket connection)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        connection.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        var number = MemoryMarshal.Read<uint>(credentials[4..]);
        return new(number.ToString(CultureInfo.InvariantCulture), number == 0);
    }
}
