using System.Net;
using System.Net.Sockets;
using Opportunism.Contracts;
using Opportunism.Contracts.Api;
using Xunit;

namespace Opportunism.UnitTests.Contracts;

/// <summary>A controller that hangs: the kernel takes the connection, nothing answers on it.</summary>
public sealed class SiteClientTests : IDisposable
{
    private readonly TcpListener hanging = new(IPAddress.Loopback, 0);
    private readonly Uri url;

    public SiteClientTests()
    {
        hanging.Start();
        url = new Uri($"https://127.0.0.1:{((IPEndPoint)hanging.LocalEndpoint).Port}/");
    }

    public void Dispose() => hanging.Dispose();

    [Fact]
    public async Task A_site_that_does_not_answer_is_named_in_a_sentence()
    {
        using var client = Client(TimeSpan.FromMilliseconds(100));

        var late = await Assert.ThrowsAsync<SiteException>(() => client.StatusAsync(TestContext.Current.CancellationToken));

        Assert.Equal($"The site at {url} timed out after 10 s. Is its controller running?", late.Message);
        Assert.Null(late.Status);
    }

    [Fact]
    public async Task A_caller_that_cancels_hears_of_that_and_of_no_site()
    {
        using var client = Client(TimeSpan.FromMinutes(5));
        using var cancel = new CancellationTokenSource();
        var asked = client.StatusAsync(cancel.Token);
        using var taken = await hanging.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    private SiteClient Client(TimeSpan connectsWithin)
    {
        var handler = new PinnedCa(new string('0', 64)).CreateHandler();
        handler.ConnectTimeout = connectsWithin;
        return new(url, handler, "token");
    }
}
