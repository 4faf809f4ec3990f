using System.Net.Sockets;

namespace Opportunism.Workshop.Lab;

/// <summary>Checks whether programs of the lab are ready; when not, the result is false, never an exception.</summary>
internal static class LabProbe
{
    // A service that loads its plugins at the first request takes seconds to reply to it.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>True when an HTTP server replies there, with no server error.</summary>
    public static async Task<bool> HttpAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new UriBuilder("http", "127.0.0.1", port).Uri, cancellationToken);
            return (int)answer.StatusCode < 500;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>True when a program listens on that port of loopback.</summary>
    public static async Task<bool> TcpAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>True when a program listens on a Unix socket.</summary>
    public static async Task<bool> ListensAsync(string path, CancellationToken cancellationToken) =>
        await ConnectAsync(path, greeting: false, cancellationToken);

    /// <summary>True when a program listens on a Unix socket and sends first, as MariaDB does once it has executed its init file.</summary>
    public static Task<bool> GreetsAsync(string path, CancellationToken cancellationToken) =>
        ConnectAsync(path, greeting: true, cancellationToken);

    private static async Task<bool> ConnectAsync(string path, bool greeting, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return !greeting || await socket.ReceiveAsync(new byte[64], cancellationToken) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
