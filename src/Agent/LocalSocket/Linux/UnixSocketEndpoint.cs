using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Opportunism.Agent.LocalSocket.Linux;

/// <summary>A Unix socket that every user of the desktop may connect to.</summary>
[SupportedOSPlatform("linux")]
internal sealed class UnixSocketEndpoint : ILocalEndpoint
{
    // Connections that wait to be accepted, which takes microseconds: a connection without a free place is closed at once. As many as the
    // kernel lets wait (net.core.somaxconn), so that a user who opens hundreds cannot keep root from connecting.
    private const int Backlog = 4096;

    private readonly string path;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens at this path.</summary>
    /// <exception cref="SocketException">It cannot be listened at.</exception>
    public UnixSocketEndpoint(string path)
    {
        this.path = path;
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            // A socket left by a killed agent; no other agent can listen there, since the state folder's lock allows only one.
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async Task<ILocalConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        var connection = await listener.AcceptAsync(cancellationToken);
        return new Connection(connection, PeerUser.Of(connection));
    }

    public void Dispose()
    {
        File.Delete(path);
        listener.Dispose();
    }

    /// <summary>Anyone may connect; set explicitly, since a umask may remove that right. An existing folder keeps the rights it
    /// has.</summary>
    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    private sealed class Connection(Socket socket, LocalUser user) : ILocalConnection
    {
        private NetworkStream? stream;

        public LocalUser User => user;

        public Stream Stream => stream ??= new NetworkStream(socket);

        // The line fits into the socket's empty buffer.
        public void SendNow(ReadOnlySpan<byte> line)
        {
            try
            {
                socket.Blocking = false;
                socket.Send(line);
            }
            catch (SocketException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        public void Dispose()
        {
            stream?.Dispose();
            socket.Dispose();
        }
    }
}
