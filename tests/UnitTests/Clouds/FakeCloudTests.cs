using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Conformance;

namespace Opportunism.UnitTests.Clouds;

public sealed class FakeCloudTests : CloudConformance
{
    protected override Task<IHostCloud> CloudAsync() => Task.FromResult<IHostCloud>(new FakeCloud());

    protected override Task<GuestId> RunGuestAsync(IHostCloud cloud)
    {
        var guest = GuestId.New();
        ((FakeCloud)cloud).Put(Node, guest, CloudGuestState.Here);
        return Task.FromResult(guest);
    }

    protected override Task StopByTenantAsync(IHostCloud cloud, GuestId guest)
    {
        ((FakeCloud)cloud).Put(Node, guest, CloudGuestState.Resting);
        return Task.CompletedTask;
    }
}
