using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Local;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Serves the command line of this desktop: one request and one reply per connection.</summary>
/// <remarks>Anyone on the desktop may connect; <see cref="LocalRequests"/> decides what a user may request, from the user that the
/// kernel reports.</remarks>
/// <param name="listen">Begins to listen; called once.</param>
/// <param name="desk">Carries requests out.</param>
/// <param name="places">Limits how many are served at the same time.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
internal sealed partial class LocalSocketListener(
    Func<ILocalEndpoint> listen, LocalRequests desk, LocalPlaces places, TimeProvider time, ILogger<LocalSocketListener> log)
    : BackgroundService
{
    private static readonly byte[] TooMany = Line(new("This user has too many requests under way; retry when some have finished.", null));

    private const int LongestRequest = 4096;

    // Time to send one line; the doctor's reply takes longer and does not have this limit.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var endpoint = listen();
        while (true)
        {
            var connection = await endpoint.AcceptAsync(stoppingToken);
            if (places.TryEnter(connection.User) is { } place) _ = AnswerAsync(connection, place, stoppingToken);
            else Refuse(connection);
        }
    }

    /// <summary>Sends the reason and closes. Never waits.</summary>
    private void Refuse(ILocalConnection connection)
    {
        using var _ = connection;
        try
        {
            connection.SendNow(TooMany);
        }
        catch (IOException e)
        {
            LogBroken(e.Message);
        }
    }

    private async Task AnswerAsync(ILocalConnection connection, IDisposable place, CancellationToken stopping)
    {
        using var given = place;
        try
        {
            using var _ = connection;
            var stream = connection.Stream;
            using var limit = new CancellationTokenSource(TimeLimit, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            var line = await LineReader.ReadAsync(stream, LongestRequest, both.Token);
            if (line is null) return;
            var reply = await desk.AnswerAsync(line, connection.User, stopping);
            await stream.WriteAsync(Line(reply), both.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogBroken(e.Message);
        }
    }

    private static byte[] Line(LocalReply reply) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(reply, LocalJson.Default.LocalReply), (byte)'\n'];
}
