using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Opportunism.Agent.Transfers;
using Opportunism.Agent.Transfers.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Transfers;

/// <summary>What the network sees of a transfer's packets, over loopback. Needs root to look at them.</summary>
[SupportedOSPlatform("linux")]
public sealed class BackgroundConnectionTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_packet_of_a_transfer_is_marked_as_background_and_no_other(bool background)
    {
        // All TCP packets that arrive at this machine, with their IP headers (raw(7)).
        using var all = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        all.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = ServeAsync(listener);
        var connection = new BackgroundConnection(BackgroundMark.Set);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (background) handler.ConnectCallback = connection.ConnectAsync;
        using var client = new HttpClient(handler);

        Assert.Equal("ok", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), Cancelled));

        var received = await serving;
        Assert.Equal(background ? received + Answer.Length : 0, connection.Bytes);
        var fields = ServiceFieldsTo(port, all);
        Assert.Equal(background ? [4] : [0], fields.Distinct());
    }

    private static async Task<int> ServeAsync(TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync(Cancelled);
        var received = await socket.ReceiveAsync(new byte[4096], Cancelled);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Answer), Cancelled);
        return received;
    }

    /// <summary>The type-of-service field of the connection's packets with data,
    /// and of those before: they have arrived, since they were answered.</summary>
    private static List<byte> ServiceFieldsTo(int port, Socket all)
    {
        var fields = new List<byte>();
        var packet = new byte[65536];
        while (true)
        {
            var count = all.Receive(packet);
            var header = (packet[0] & 15) * 4;
            if (count < header + 20 || ((packet[header + 2] << 8) | packet[header + 3]) != port) continue;
            fields.Add(packet[1]);
            var data = header + ((packet[header + 12] >> 4) * 4);
            if (count > data) return fields; // the request
        }
    }
}
