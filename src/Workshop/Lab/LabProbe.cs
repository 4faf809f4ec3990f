using System.Net.Sockets;

namespace Opportunism.Workshop.Lab;

/// <summary>Asks programs of the lab whether they are ready; no is false, never an exception.</summary>
internal static class LabProbe
{
    // A service that loads its plugins at the first request takes seconds to answer it.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Something answers HTTP there, and not with an error of its own.</summary>
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

    /// <summary>Somebody listens on a port of loopback.</summary>
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

    /// <summary>Somebody listens on a Unix socket.</summary>
    public static async Task<bool> ListensAsync(string path, CancellationToken cancellationToken) =>
        await ConnectAsync(path, greeting: false, cancellationToken);

    /// <summary>Somebody listens on a Unix socket and speaks first, as MariaDB does once its init file has been carried out.</summary>
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
