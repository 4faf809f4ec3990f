using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Opportunism.Agent.Reporting;
using Opportunism.Contracts;
using Opportunism.Contracts.Nodes;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Agent.Reporting;

/// <summary>Why a node is not connected to its site, as real connections fail.</summary>
public sealed class SiteLinkReasonTests
{
    [Fact]
    public async Task A_site_with_another_ca_is_named_as_such()
    {
        await using var site = await TestSite.StartAsync();
        var failure = await FailureAsync(site.Url, new string('a', 64));
        Assert.StartsWith(
            "the certificate there is not of the CA that the join token names", SiteLink.ReasonOf(failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_rejects_the_node_is_not_called_unreachable()
    {
        await using var site = await TestSite.StartAsync();
        var failure = await FailureAsync(site.Url, site.CaFingerprint);
        Assert.StartsWith("the controller rejected this node (Unauthenticated): ", SiteLink.ReasonOf(failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_nothing_listens_at_is_named_with_the_systems_reason()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        var failure = await FailureAsync(url, new string('a', 64));
        Assert.Contains("Connection refused", SiteLink.ReasonOf(failure), StringComparison.Ordinal);
    }

    /// <summary>How a connection without a credential fails.</summary>
    private static async Task<RpcException> FailureAsync(Uri url, string caFingerprint)
    {
        using var channel = GrpcChannel.ForAddress(
            url, new GrpcChannelOptions { HttpHandler = new PinnedCa(caFingerprint).CreateHandler(), DisposeHttpClient = true });
        using var call = new Nodes.NodesClient(channel).Connect();
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
    }
}
