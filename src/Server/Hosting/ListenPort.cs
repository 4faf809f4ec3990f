using System.Net;
using System.Net.Sockets;

namespace Opportunism.Server.Hosting;

/// <summary>Checks that a server program can listen at its address before it starts anything: a port in use gives a sentence, not a stack
/// trace.</summary>
public static class ListenPort
{
    /// <summary>Why it cannot listen there, and what to do; null when it can.</summary>
    public static string? Problem(string program, string listen)
    {
        var endpoint = IPEndPoint.Parse(listen);
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
            return null;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"The {program} does not start: port {endpoint.Port} of {endpoint.Address} is in use "
                    + $"by another program. End that program ('ss -ltnp' shows it), or choose another "
                    + $"port with --listen {new IPEndPoint(endpoint.Address, 0).ToString()[..^1]}PORT.",
                SocketError.AccessDenied => $"The {program} does not start: this user may not listen on port {endpoint.Port} of "
                    + $"{endpoint.Address}. Choose a port above 1023 with --listen.",
                _ => $"The {program} does not start: it cannot listen on port {endpoint.Port} of {endpoint.Address} "
                    + $"({failure.Message}). Choose an address of this machine with --listen.",
            };
        }
    }
}
