using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Local;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Serves the command line of this desktop over a Unix socket: one request and one reply per connection.</summary>
/// <remarks>Anyone on the desktop may connect; <see cref="LocalRequests"/> decides what a user may request, from the user id that the
/// kernel reports.</remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class LocalSocketListener(
    string path, LocalRequests desk, LocalPlaces places, TimeProvider time, ILogger<LocalSocketListener> log) : BackgroundService
{
    // Connections that wait to be accepted, which takes microseconds: a connection without a free place is closed at once. As many as the
    // kernel lets wait (net.core.somaxconn), so that a user who opens hundreds cannot keep root from connecting.
    private const int Backlog = 4096;

    private static readonly byte[] TooMany = Line(new("This user has too many requests under way; retry when some have finished.", null));

    private const int LongestRequest = 4096;

    // Time to send one line; the doctor's reply takes longer and does not have this limit.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        // A socket left by a killed agent; no other agent can listen there, since the state folder's lock allows only one.
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        listener.Listen(Backlog);
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync(stoppingToken);
                var user = PeerUser.Of(connection);
                if (places.TryEnter(user) is { } place) _ = AnswerAsync(connection, user, place, stoppingToken);
                else Refuse(connection);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Sends the reason and closes. Never waits: the line fits into the socket's empty buffer.</summary>
    private void Refuse(Socket connection)
    {
        using var _ = connection;
        try
        {
            connection.Blocking = false;
            connection.Send(TooMany);
        }
        catch (SocketException e)
        {
            LogBroken(e.Message);
        }
    }

    private async Task AnswerAsync(Socket connection, uint user, IDisposable place, CancellationToken stopping)
    {
        using var given = place;
        try
        {
            using var _ = connection;
            await using var stream = new NetworkStream(connection);
            using var limit = new CancellationTokenSource(TimeLimit, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            var line = await LineReader.ReadAsync(stream, LongestRequest, both.Token);
            if (line is null) return;
            var reply = await desk.AnswerAsync(line, user, stopping);
            await stream.WriteAsync(Line(reply), both.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            LogBroken(e.Message);
        }
    }

    private static byte[] Line(LocalReply reply) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(reply, LocalJson.Default.LocalReply), (byte)'\n'];

    /// <summary>Anyone may connect; set explicitly, since a umask may remove that right. An existing folder keeps the rights it
    /// has.</summary>
    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
