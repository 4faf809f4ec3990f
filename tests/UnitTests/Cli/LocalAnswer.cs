using System.Net.Sockets;
using System.Text.Json;
using Opportunism.Contracts.Local;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>One answer of an agent on its local socket.</summary>
internal static class LocalAnswer
{
    public static async Task GiveAsync(Socket listener)
    {
        var status = new LocalStatus
        {
            AgentVersion = "1",
            State = "InUse",
            Since = DateTimeOffset.UnixEpoch,
            ReasonCode = "OwnerSeen",
            Reason = "the owner was seen by input",
            QuietSeconds = 1,
            LastSeen = "input: USB Keyboard (event3 at usb-0000:00:14.0-1/input0)",
            Monitors = [],
            Conditions = [],
            Guests = [],
            Health = [],
        };
        using var connection = await listener.AcceptAsync();
        await using var stream = new NetworkStream(connection);
        Assert.NotNull(await LineReader.ReadAsync(stream, 4096, CancellationToken.None));
        await stream.WriteAsync(
            (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(new LocalReply(null, status), LocalJson.Default.LocalReply), (byte)'\n']);
    }
}
