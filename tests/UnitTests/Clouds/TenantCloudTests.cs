using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Sites;

namespace Opportunism.UnitTests.Clouds;

public sealed class EmbeddedTenantCloudTests : TenantCloudConformance
{
    protected override Task<Cloud> CloudAsync() => TenantClouds.MakeAsync("embedded");
}

public sealed class FakeTenantCloudTests : TenantCloudConformance
{
    protected override Task<Cloud> CloudAsync() => TenantClouds.MakeAsync("fake-guests");
}

/// <summary>The other role of the fake cloud whose guests agents run.</summary>
public sealed class FakeGuestCloudTests : CloudConformance
{
    protected override bool BringsBack => false;

    protected override Task<IHostCloud> CloudAsync() => Task.FromResult<IHostCloud>(new FakeGuestCloud(new FakeTimeProvider()));

    protected override async Task<GuestId> RunGuestAsync(IHostCloud cloud)
    {
        var tenants = (FakeGuestCloud)cloud;
        await tenants.ObserveAsync(new() { Node = Node, State = NodeState.Available, Revision = long.MaxValue }, default);
        var spec = new GuestSpec(GuestId.New(), "vm", 1, 128, 10, new string('a', 64), ImageFormat.Raw);
        await tenants.CreateAsync(new(spec, "terminate", "tiny", 1), default);
        return spec.Id;
    }

    protected override async Task StopByTenantAsync(IHostCloud cloud, GuestId guest) =>
        await ((FakeGuestCloud)cloud).StopAsync(guest, default);
}

/// <summary>Makes clouds as a site does: through the catalog.</summary>
internal static class TenantClouds
{
    public static async Task<Cloud> MakeAsync(string kind)
    {
        var module = CloudCatalog.Find(kind)!;
        var cloud = module.Create(
            module.NewOptions(kind), new("desks", new MemoryCloudStore(), new FakeTimeProvider(), NullLoggerFactory.Instance));
        await cloud.StartAsync(default);
        return cloud;
    }
}
