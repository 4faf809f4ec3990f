using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Local;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Answers the command line of this desktop over a Unix socket: one request and one answer per connection.</summary>
/// <remarks>Anyone on the desktop may connect; what a user may ask is decided in <see cref="LocalDesk"/> from the user id that the kernel tells.</remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class LocalSocketListener(string path, LocalDesk desk, TimeProvider time, ILogger<LocalSocketListener> log) : BackgroundService
{
    // A person and a panel applet or two; more is somebody trying what happens.
    private const int AtOnce = 16;

    private const int LongestRequest = 4096;

    // Time to send one line; the doctor's answer takes longer and is not under this limit.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim places = new(AtOnce);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        // A socket left by a killed agent; whoever still listened there would be the same agent, and the state folder's lock keeps two apart.
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        listener.Listen(AtOnce);
        try
        {
            while (true)
            {
                await places.WaitAsync(stoppingToken).ConfigureAwait(false);
                Socket connection;
                try
                {
                    connection = await listener.AcceptAsync(stoppingToken).ConfigureAwait(false);
                }
                catch
                {
                    places.Release();
                    throw;
                }

                _ = AnswerAsync(connection, stoppingToken);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    public override void Dispose()
    {
        places.Dispose();
        base.Dispose();
    }

    private async Task AnswerAsync(Socket connection, CancellationToken stopping)
    {
        try
        {
            using var _ = connection;
            await using var stream = new NetworkStream(connection);
            using var limit = new CancellationTokenSource(Patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            var line = await LineReader.ReadAsync(stream, LongestRequest, both.Token).ConfigureAwait(false);
            if (line is null) return;
            var reply = await desk.AnswerAsync(line, PeerUser.Of(connection), stopping).ConfigureAwait(false);
            byte[] answer = [.. JsonSerializer.SerializeToUtf8Bytes(reply, LocalJson.Default.LocalReply), (byte)'\n'];
            await stream.WriteAsync(answer, both.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            LogBroken(e.Message);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Anyone may look; set, since a mask may take that away. A folder that is there already has the rights that somebody meant it to have.</summary>
    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
