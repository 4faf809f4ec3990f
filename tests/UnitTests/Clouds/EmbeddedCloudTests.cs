using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.Embedded;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Clouds;

public sealed class EmbeddedCloudTests : CloudConformance
{
    private readonly MemoryCloudStore store = new();
    private readonly FakeTimeProvider time = new();

    protected override bool BringsBack => false;

    protected override async Task<IHostCloud> CloudAsync()
    {
        var cloud = new EmbeddedCloud(store, time);
        await cloud.LoadAsync(default);
        await ObserveAsync(cloud, NodeState.Available);
        return cloud;
    }

    protected override async Task<GuestId> RunGuestAsync(IHostCloud cloud) => await RunAsync((EmbeddedCloud)cloud, "relocate");

    protected override async Task StopByTenantAsync(IHostCloud cloud, GuestId guest) =>
        await ((EmbeddedCloud)cloud).StopAsync(guest, default);

    [Fact]
    public async Task What_cannot_be_stored_has_not_happened()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        await cloud.OpenAsync(Node, default);
        store.Broken = true;
        await Assert.ThrowsAsync<IOException>(() => cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default));
        Assert.Empty(cloud.Vms);
        await Assert.ThrowsAsync<IOException>(() => cloud.CloseAsync(Node, "why", default));
        Assert.True((await cloud.LookAsync(Node, default)).Host!.Open);
        store.Broken = false;
        Assert.True((await cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default)).Answer.IsDone);
    }

    [Fact]
    public async Task A_restart_in_any_moment_forgets_nothing()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        await cloud.OpenAsync(Node, default);
        var guest = await RunAsync(cloud, "relocate");
        await cloud.EvictAsync(Node, guest, default);
        using var again = new EmbeddedCloud(store, time);
        await again.LoadAsync(default);
        var (before, after) = (cloud.Find(guest.Value)!, again.Find(guest.Value)!);
        Assert.Equal(before with { Seen = null }, after);
        Assert.Equal(GuestWish.HandedOver, Assert.Single(again.AssignmentsFor(Node).Guests).Wish);
        Assert.True(again.AssignmentsFor(Node).Revision >= after.Revision);
    }

    [Fact]
    public async Task A_vm_that_never_started_goes_back_to_its_place_in_the_queue_but_not_before_its_node_has_confirmed()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        await cloud.OpenAsync(Node, default);
        var guest = (await cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default)).Vm!.Value;
        Assert.Equal(Node, cloud.Find(guest.Value)!.Node);
        await cloud.CloseAsync(Node, "owner", default);
        Assert.Equal(CloudOutcome.Done, (await cloud.EvictAsync(Node, guest, default)).Outcome);
        await cloud.ObserveAsync(Observation(Other, NodeState.Available), default);
        await cloud.OpenAsync(Other, default);
        var waiting = cloud.Find(guest.Value)!;
        Assert.Equal(
            (VmStatus.Waiting, null, $"waiting for node {Node} to confirm that it does not run this VM"),
            (waiting.Status, waiting.Node, waiting.Why));
        await ObserveAsync(cloud, NodeState.InUse);
        Assert.Equal(Other, cloud.Find(guest.Value)!.Node);
    }

    [Fact]
    public async Task A_terminate_vm_that_does_not_run_outlives_its_owners_return()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        await cloud.OpenAsync(Node, default);
        var guest = await RunAsync(cloud, "terminate");
        await cloud.StopAsync(guest, default);
        await ObserveAsync(cloud, NodeState.InUse, new GuestObservation { Id = guest, Phase = GuestPhase.Stopped, Generation = 2 });
        await cloud.CloseAsync(Node, "owner", default);

        // Its tenant wants it on while the owner is there.
        await cloud.StartAsync(guest, default);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.EvictAsync(Node, guest, default)).Outcome);
        Assert.Equal(GuestWish.Running, Assert.Single(cloud.AssignmentsFor(Node).Guests).Wish);
    }

    [Fact]
    public async Task Every_problem_is_told_at_once()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        var answer = await cloud.CreateAsync(new(Spec("VM") with { MemoryMiB = 8 }, "burn", "tiny", 1), default);
        Assert.Equal(
            (CloudOutcome.Refused,
            "The guest's name is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit. The memory (--memory) is 8 MiB; "
            + "allowed is 32 to 1048576. The eviction policy (--policy) is 'burn'; allowed are suspend, relocate, terminate."),
            (answer.Answer.Outcome, answer.Answer.Sentence));
    }

    [Fact]
    public async Task A_name_is_free_again_once_its_vm_is_deleted()
    {
        using var cloud = (EmbeddedCloud)await CloudAsync();
        var first = (await cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default)).Vm!.Value;
        Assert.Equal(CloudOutcome.Refused, (await cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default)).Answer.Outcome);
        await cloud.DeleteAsync(first, default);
        Assert.Equal(VmStatus.Deleted, cloud.Find(first.Value)!.Status);
        Assert.True((await cloud.CreateAsync(new(Spec("vm"), "suspend", "tiny", 1), default)).Answer.IsDone);
        time.Advance(EmbeddedCloud.KeepEnded + TimeSpan.FromSeconds(1));
        await ObserveAsync(cloud, NodeState.Available);
        Assert.Null(cloud.Find(first.Value));
    }

    private static GuestSpec Spec(string name) => new(GuestId.New(), name, 1, 128, 10, new string('a', 64), ImageFormat.Raw);

    private static NodeObservation Observation(NodeId node, NodeState state) => new()
    {
        Node = node,
        State = state,
        Capacity = new(4, 4096, 10000),
        Revision = long.MaxValue,
    };

    private Task ObserveAsync(EmbeddedCloud cloud, NodeState state, params GuestObservation[] guests) =>
        cloud.ObserveAsync(Observation(Node, state) with { Guests = guests }, default);

    private async Task<GuestId> RunAsync(EmbeddedCloud cloud, string policy)
    {
        var guest = (await cloud.CreateAsync(new(Spec("vm"), policy, "tiny", 1), default)).Vm!.Value;
        await ObserveAsync(cloud, NodeState.Available, new GuestObservation { Id = guest, Phase = GuestPhase.Running, Generation = 1 });
        return guest;
    }
}
