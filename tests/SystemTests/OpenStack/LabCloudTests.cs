using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.TestKit.Conformance;
using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>What every cloud owes the controller, against a real OpenStack, on hosts whose guests are imagined.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
public sealed class LabCloudTests(SharedLab shared) : CloudConformance, IAsyncLifetime
{
    private readonly List<string> servers = [];
    private LabApi tenant = null!;
    private ServiceProvider parts = null!;

    protected override NodeId Node { get; } = NodeId.Parse("desktop-03");

    protected override NodeId Other { get; } = NodeId.Parse("desktop-04");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(LabFactAttribute.IsLabSystem, LabFactAttribute.Reason);
        tenant = await shared.Lab.LogInAsync("tenant", "tenant");
        parts = shared.Lab.ComposeDriver();
    }

    public async ValueTask DisposeAsync()
    {
        if (parts is null) return;
        foreach (var server in servers) await RealLab.DeleteAsync(tenant, server);
        tenant.Dispose();
        var cloud = parts.GetRequiredService<OpenStackCloud>();
        foreach (var node in new[] { Node, Other }) Assert.True((await cloud.OpenAsync(node, CancellationToken.None)).IsDone);
        await parts.DisposeAsync();
    }

    protected override async Task<IHostCloud> CloudAsync()
    {
        var cloud = parts.GetRequiredService<OpenStackCloud>();
        foreach (var node in new[] { Node, Other })
            Assert.True((await cloud.CloseAsync(node, "a test begins", CancellationToken.None)).IsDone);
        return cloud;
    }

    protected override async Task<GuestId> RunGuestAsync(IHostCloud cloud)
    {
        var server = await RealLab.AskForAsync(tenant, "conformance", "fake", []);
        servers.Add(server);
        await RealLab.UntilStatusAsync(tenant, server, "ACTIVE");
        return GuestId.Parse(Guid.Parse(server).ToString("N"));
    }

    protected override async Task StopByTenantAsync(IHostCloud cloud, GuestId guest)
    {
        await tenant.PostAsync(
            new(tenant.Nova, $"servers/{servers.Single()}/action"), new JsonObject { ["os-stop"] = null }, CancellationToken.None);
        await RealLab.UntilStatusAsync(tenant, servers.Single(), "SHUTOFF");
    }
}
