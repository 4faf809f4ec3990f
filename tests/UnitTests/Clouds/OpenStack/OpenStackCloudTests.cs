using Opportunism.Clouds;
using Opportunism.Core;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>What every cloud owes the controller, against the stand-in.</summary>
public sealed class OpenStackCloudTests : CloudConformance, IAsyncLifetime
{
    private readonly List<StandInServer> servers = [];
    private OpenStackSite site = null!;

    public async ValueTask InitializeAsync() => site = await OpenStackSite.StartAsync();

    public ValueTask DisposeAsync() => site.DisposeAsync();

    protected override Task<IHostCloud> CloudAsync() => Task.FromResult<IHostCloud>(site.Cloud);

    protected override Task<GuestId> RunGuestAsync(IHostCloud cloud)
    {
        servers.Add(site.StandIn.Run(Node.Value));
        return Task.FromResult(servers[^1].Guest);
    }

    protected override Task StopByTenantAsync(IHostCloud cloud, GuestId guest)
    {
        site.StandIn.ByTenant(servers.Single(server => server.Guest == guest), "os-stop");
        site.StandIn.Work();
        return Task.CompletedTask;
    }
}
