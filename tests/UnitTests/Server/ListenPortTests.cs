using System.Net;
using System.Net.Sockets;
using Opportunism.Server.Hosting;
using Xunit;

namespace Opportunism.UnitTests.Server;

public sealed class ListenPortTests
{
    [Fact]
    public void A_port_in_use_is_named_with_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.Equal(
            $"The controller does not start: port {port} of 127.0.0.1 is in use by another program. End that program ('ss -ltnp' shows "
                + "it), or choose another port with --listen 127.0.0.1:PORT.",
            ListenPort.Problem("controller", $"127.0.0.1:{port}"));
    }

    [Fact]
    public void A_free_port_is_no_problem() => Assert.Null(ListenPort.Problem("controller", "127.0.0.1:0"));

    [Fact]
    public void An_address_of_another_machine_is_named() =>
        Assert.Contains(
            "cannot listen on port 7443 of 192.0.2.1", ListenPort.Problem("controller", "192.0.2.1:7443"), StringComparison.Ordinal);
}
