using System.Net.Sockets;
using System.Text.Json;

namespace Opportunism.Contracts.Local;

/// <summary>Sends requests to the agent of this desktop over its local socket.</summary>
/// <remarks>One connection per request. Any thread.</remarks>
public sealed class LocalAgent(string socketPath)
{
    /// <summary>Where the agent listens by default.</summary>
    public const string DefaultSocket = "/run/opportunism/agent.sock";

    /// <summary>Longest line either side reads, in bytes: a status with 64 guests and every health item is a tenth of it.</summary>
    public const int LongestLine = 256 * 1024;

    // Two seconds in all; the agent accepts thousands in that time.
    private const int ConnectTries = 100;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(20);

    /// <summary>True when the socket exists.</summary>
    public bool Exists => File.Exists(socketPath);

    /// <summary>Sends one request and reads the reply.</summary>
    /// <exception cref="IOException">No agent listens there, it closed the connection, or its reply was invalid.</exception>
    public async Task<LocalReply> AskAsync(LocalRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await ConnectAsync(socket, cancellationToken);
            await using var stream = new NetworkStream(socket);
            var line = JsonSerializer.SerializeToUtf8Bytes(request, LocalJson.Default.LocalRequest);
            await stream.WriteAsync(line, cancellationToken);
            await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
            var answer = await LineReader.ReadAsync(stream, LongestLine, cancellationToken)
                ?? throw new IOException($"The agent at {socketPath} closed the connection without a reply.");
            return JsonSerializer.Deserialize(answer, LocalJson.Default.LocalReply)
                ?? throw new IOException($"The agent at {socketPath} sent an empty reply.");
        }
        catch (SocketException e)
        {
            throw new IOException($"No agent is reachable at {socketPath}: {e.Message}. Is it running on this desktop?", e);
        }
        catch (JsonException e)
        {
            throw new IOException($"The agent at {socketPath} sent an invalid reply.", e);
        }
    }

    /// <summary>Connects, and retries for a while when too many others wait to be accepted: the kernel then rejects a connection instead of
    /// letting it wait (man 2 connect, EAGAIN).</summary>
    private async Task ConnectAsync(Socket socket, CancellationToken cancellationToken)
    {
        for (var left = ConnectTries; ; left--)
        {
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && left > 1)
            {
                await Task.Delay(ConnectPause, TimeProvider.System, cancellationToken);
            }
        }
    }
}
