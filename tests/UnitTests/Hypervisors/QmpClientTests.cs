using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Hypervisors.Qemu.Qmp;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

/// <summary>The QMP client against a socket that plays QEMU, well and badly.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class QmpClientTests : IAsyncLifetime
{
    private readonly string path = Path.Combine(Path.GetTempPath(), "opp-qmp-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly FakeTimeProvider time = new();
    private readonly List<QmpEvent> events = [];
    private QmpClient client = null!;
    private Socket qemu = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "QEMU is steered by Unix sockets on Linux only.");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        client = QmpClient.Connect(path, Environment.ProcessId, time, told =>
        {
            lock (events) events.Add(told);
        });
        qemu = await listener.AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (client is not null) await client.DisposeAsync();
        qemu?.Dispose();
        listener.Dispose();
        File.Delete(path);
    }

    [Fact]
    public void A_socket_of_another_process_is_refused() =>
        Assert.Contains(
            $"Process {Environment.ProcessId} listens",
            Assert.Throws<QmpException>(() => QmpClient.Connect(path, listener: 1, time, _ => { })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Commands_are_queued_before_anybody_reads_and_answered_by_number()
    {
        var stop = client.Queue("stop");
        var status = client.Queue("query-status");
        Assert.Equal(
            ["qmp_capabilities", "stop", "query-status"],
            (await ReadLinesAsync(3)).Select(line => line.GetProperty("execute").GetString()));
        await SayAsync(
            "{\"QMP\": {\"version\": {}}}\r\n{\"return\": {}, \"id\": 1}\r\n{\"return\": {}, \"id\": 2}\r\n{\"return\": {\"status\": "
                + "\"paused\"}, \"id\": 3}\r\n");
        await client.Capabilities;
        await stop;
        Assert.Equal("paused", (await status).GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_answer_may_come_in_pieces_with_events_in_between()
    {
        var answer = client.Queue("query-status");
        await SayAsync("{\"event\": \"STOP\", \"data\": {\"a\": 1}}\n{\"ret");
        await SayAsync("urn\": 5, \"id\": 2}\n");
        Assert.Equal(5, (await answer).GetInt32());
        lock (events) Assert.Equal("STOP", Assert.Single(events).Name);
    }

    [Fact]
    public async Task A_refusal_says_what_QEMU_said_and_no_more_than_a_person_reads()
    {
        var answer = client.Queue("migrate");
        await SayAsync("{\"error\": {\"class\": \"GenericError\", \"desc\": \"" + new string('x', 5000) + "\"}, \"id\": 2}\n");
        var exception = await Assert.ThrowsAsync<QmpException>(() => answer);
        Assert.InRange(exception.Message.Length, 100, 400);
    }

    [Fact]
    public async Task A_QEMU_that_does_not_answer_costs_the_time_limit()
    {
        var answer = client.ExecuteAsync("query-status", TimeSpan.FromSeconds(10), CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAsync<QmpException>(() => answer);

        // The late answer belongs to nobody; the next command gets its own.
        var next = client.Queue("query-name");
        await SayAsync("{\"return\": 1, \"id\": 2}\n{\"return\": 2, \"id\": 3}\n");
        Assert.Equal(2, (await next).GetInt32());
    }

    [Theory]
    [InlineData("this is no JSON\n")]
    [InlineData("{\"return\": {}, \"id\": 2")]
    public async Task Whoever_waits_is_told_when_the_connection_ends(string last)
    {
        var answer = client.Queue("stop");
        await SayAsync(last);
        qemu.Dispose();
        await Assert.ThrowsAsync<QmpException>(() => answer);
        await client.Closed;
    }

    [Theory]
    [InlineData("[1, 2]\n")]
    [InlineData("{\"id\": \"text\", \"return\": 1}\n")]
    [InlineData("{\"id\": 999, \"return\": 1}\n")]
    [InlineData("{\"event\": 7}\n\n\r\n")]
    [InlineData("{\"id\": 99999999999999999999, \"return\": 1}\n")]
    public async Task Lines_that_mean_nothing_are_passed_over(string line)
    {
        var answer = client.Queue("stop");
        await SayAsync(line + "{\"return\": {}, \"id\": 2}\n");
        await answer;
    }

    [Fact]
    public async Task An_endless_line_ends_the_connection()
    {
        var answer = client.Queue("stop");
        var flood = new byte[64 * 1024];
        Array.Fill(flood, (byte)'x');
        try
        {
            for (var sent = 0; sent < 2 * QmpClient.LongestLine; sent += flood.Length) await qemu.SendAsync(flood);
        }
        catch (SocketException)
        {
            // The client has hung up already.
        }

        await Assert.ThrowsAsync<QmpException>(() => answer);
    }

    [Fact]
    public void A_socket_that_nobody_reads_takes_no_more_at_some_point_and_never_blocks()
    {
        var exception = Assert.Throws<QmpException>(() =>
        {
            for (var i = 0; i < 1_000_000; i++) client.Queue("stop");
        });
        Assert.Contains("does not accept", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_descriptor_travels_with_its_command()
    {
        var file = Path.GetTempFileName();
        try
        {
            using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite))
            {
                _ = client.Queue("getfd", json => json.WriteString("fdname"u8, "state"u8), (int)handle.DangerousGetHandle());
            }

            var line = (await ReadLinesAsync(2))[1];
            Assert.Equal("state", line.GetProperty("arguments").GetProperty("fdname").GetString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task<JsonElement[]> ReadLinesAsync(int count)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (text.ToString().Count(c => c == '\n') < count)
            text.Append(Encoding.UTF8.GetString(buffer, 0, await qemu.ReceiveAsync(buffer)));
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private async Task SayAsync(string text) => await qemu.SendAsync(Encoding.UTF8.GetBytes(text));
}
