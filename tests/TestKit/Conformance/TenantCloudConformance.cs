using Opportunism.Clouds;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>The contract with the controller of every cloud whose tenants have VMs that agents run: the roles <see cref="ITenantCloud"/>
/// and <see cref="IGuestSource"/> together.</summary>
public abstract class TenantCloudConformance
{
    private static readonly string Image = new('a', 64);
    private static readonly NodeId Node = NodeId.Parse("pc-1"), Other = NodeId.Parse("pc-2");

    /// <summary>The cloud, new for each test, started.</summary>
    protected abstract Task<Cloud> CloudAsync();

    [Fact]
    public async Task A_vm_waits_for_an_open_node_is_assigned_to_it_alone_and_runs_once_the_node_says_so()
    {
        var cloud = await CloudAsync();
        var vm = await CreateAsync(cloud, "job");
        Assert.Equal((VmStatus.Waiting, null), await StatusAsync(cloud, vm));
        await ObserveAsync(cloud, Node);
        await ObserveAsync(cloud, Other);
        Assert.Empty(cloud.Guests!.AssignmentsFor(Node).Guests);

        await cloud.Hosts.OpenAsync(Node, default);
        var assigned = Assert.Single(cloud.Guests.AssignmentsFor(Node).Guests);
        Assert.Equal((vm, GuestWish.Running), (assigned.Spec.Id, assigned.Wish));
        Assert.Empty(cloud.Guests.AssignmentsFor(Other).Guests);
        Assert.Equal((Node, "job"), (cloud.Guests.NodeOf(vm), cloud.Guests.NameOf(vm)));

        await ObserveAsync(cloud, Node, (vm, GuestPhase.Running, assigned.Generation));
        Assert.Equal((VmStatus.Running, Node), await StatusAsync(cloud, vm));
        Assert.Equal(1, cloud.Guests.CountByStatus()[VmStatus.Running]);
    }

    [Fact]
    public async Task A_vm_that_is_stopped_and_started_is_wanted_so_with_a_new_generation_each_time()
    {
        var cloud = await CloudAsync();
        var vm = await RunAsync(cloud, "job");
        var first = Assert.Single(cloud.Guests!.AssignmentsFor(Node).Guests);
        Assert.True((await cloud.Tenants!.StopAsync(vm, default)).Answer.IsDone);
        var stopped = Assert.Single(cloud.Guests.AssignmentsFor(Node).Guests);
        Assert.Equal(GuestWish.Stopped, stopped.Wish);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.Tenants.StopAsync(vm, default)).Answer.Outcome);
        await ObserveAsync(cloud, Node, (vm, GuestPhase.Stopped, stopped.Generation));
        Assert.Equal((VmStatus.Stopped, Node), await StatusAsync(cloud, vm));

        Assert.True((await cloud.Tenants.StartAsync(vm, default)).Answer.IsDone);
        var started = Assert.Single(cloud.Guests.AssignmentsFor(Node).Guests);
        Assert.Equal(GuestWish.Running, started.Wish);
        Assert.True(first.Generation < stopped.Generation && stopped.Generation < started.Generation);
    }

    [Fact]
    public async Task A_deleted_vm_is_there_until_a_node_that_knows_of_it_reports_it_no_more_and_its_name_is_free_then()
    {
        var cloud = await CloudAsync();
        var vm = await RunAsync(cloud, "job");
        var before = cloud.Guests!.AssignmentsFor(Node).Revision;
        Assert.True((await cloud.Tenants!.DeleteAsync(vm, default)).Answer.IsDone);
        Assert.Equal(GuestWish.Gone, Assert.Single(cloud.Guests.AssignmentsFor(Node).Guests).Wish);
        Assert.Equal((VmStatus.Deleting, Node), await StatusAsync(cloud, vm));

        // A report from before the node had received the plan confirms nothing.
        await cloud.Guests.ObserveAsync(Observation(Node) with { Revision = before }, default);
        Assert.Equal((VmStatus.Deleting, Node), await StatusAsync(cloud, vm));
        await ObserveAsync(cloud, Node);
        Assert.Equal((VmStatus.Deleted, null), await StatusAsync(cloud, vm));
        Assert.Empty(cloud.Guests.AssignmentsFor(Node).Guests);
        Assert.DoesNotContain(VmStatus.Deleted, cloud.Guests.CountByStatus().Keys);
        await CreateAsync(cloud, "job");
    }

    [Fact]
    public async Task What_a_tenant_cannot_have_is_refused_with_a_sentence_and_changes_nothing()
    {
        var cloud = await CloudAsync();
        await CreateAsync(cloud, "job");
        foreach (var (spec, policy, word) in new[] { (Spec("job"), PolicyOf(cloud), "exists already"),
            (Spec("JOB"), PolicyOf(cloud), "name"), (Spec("other"), "burn", "'burn'") })
        {
            var answer = await cloud.Tenants!.CreateAsync(new(spec, policy, "tiny", 1), default);
            Assert.Equal((CloudOutcome.Refused, null), (answer.Answer.Outcome, answer.Vm));
            Assert.Contains(word, answer.Answer.Sentence, StringComparison.Ordinal);
        }

        var tenants = cloud.Tenants!;
        foreach (var ask in new[] { tenants.StartAsync, tenants.StopAsync, tenants.DeleteAsync })
        {
            Assert.Equal(CloudOutcome.Refused, (await ask(GuestId.New(), default)).Answer.Outcome);
        }

        Assert.Single(await tenants.ListAsync(default));
    }

    [Fact]
    public async Task A_vm_is_found_by_its_id_and_by_its_name()
    {
        var cloud = await CloudAsync();
        var vm = await CreateAsync(cloud, "job");
        Assert.Equal(vm, (await cloud.Tenants!.FindAsync("job", default))!.Id);
        Assert.Equal(vm, (await cloud.Tenants.FindAsync(vm.Value, default))!.Id);
        Assert.Null(await cloud.Tenants.FindAsync("jo", default));
        Assert.Null(await cloud.Tenants.FindAsync(GuestId.New().Value, default));
    }

    [Fact]
    public async Task Every_change_is_announced_to_those_who_make_plans_and_events()
    {
        var cloud = await CloudAsync();
        var (plans, changes) = (new List<NodeId>(), new List<(VmStatus? Before, VmStatus After, bool Ended)>());
        cloud.Guests!.AssignmentsChanged += plans.Add;
        cloud.Guests.GuestChanged += change => changes.Add((change.Before, change.After, change.Ended));
        var vm = await RunAsync(cloud, "job");
        Assert.Contains(Node, plans);
        Assert.DoesNotContain(Other, plans);
        Assert.Null(changes[0].Before);
        Assert.Equal((VmStatus.Running, false), (changes[^1].After, changes[^1].Ended));

        plans.Clear();
        await cloud.Tenants!.DeleteAsync(vm, default);
        Assert.Contains(Node, plans);
        await ObserveAsync(cloud, Node);
        Assert.Equal((VmStatus.Deleting, VmStatus.Deleted, true), changes[^1]);
    }

    [Fact]
    public async Task A_watch_gives_every_vm_as_it_is_and_then_each_that_changes()
    {
        var cloud = await CloudAsync();
        var first = await CreateAsync(cloud, "one");
        await using var watch = cloud.Tenants!.WatchAsync(default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((first, VmStatus.Waiting), (watch.Current.Id, watch.Current.Status));

        // The VM that does not change is not returned again.
        var next = watch.MoveNextAsync().AsTask();
        var second = await CreateAsync(cloud, "two");
        Assert.True(await next);
        Assert.Equal(second, watch.Current.Id);
        await cloud.Tenants.DeleteAsync(second, default);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((second, VmStatus.Deleted), (watch.Current.Id, watch.Current.Status));
    }

    [Fact]
    public async Task The_image_and_the_console_of_a_vm_are_in_use_until_it_has_ended()
    {
        var cloud = await CloudAsync();
        var (first, second) = (await CreateAsync(cloud, "one"), await CreateAsync(cloud, "two"));
        Assert.Equal(2, cloud.Guests!.InUse().Images[Image]);
        Assert.Equal(new[] { first, second }.ToHashSet(), cloud.Guests.InUse().Consoles);
        await cloud.Tenants!.DeleteAsync(first, default);
        Assert.Equal(1, cloud.Guests.InUse().Images[Image]);
        Assert.Equal([second], cloud.Guests.InUse().Consoles);
    }

    [Fact]
    public async Task A_node_hands_over_no_disk_of_a_vm_that_it_does_not_have()
    {
        var cloud = await CloudAsync();
        var vm = await RunAsync(cloud, "job");
        Assert.False(cloud.Guests!.MayHandOver(Other, vm));
        Assert.False(cloud.Guests.MayHandOver(Node, GuestId.New()));
        Assert.False(await cloud.Guests.DiskStoredAsync(Other, vm, new string('b', 64), 1, default));
    }

    private static GuestSpec Spec(string name) => new(GuestId.New(), name, 1, 128, 10, Image, ImageFormat.Raw);

    private static string PolicyOf(Cloud cloud) => cloud.Tenants!.Policies.All[0].Name;

    private static NodeObservation Observation(NodeId node) => new()
    {
        Node = node,
        State = NodeState.Available,
        Capacity = new(4, 4096, 10000),
        Revision = long.MaxValue,
    };

    private static async Task<GuestId> CreateAsync(Cloud cloud, string name)
    {
        var answer = await cloud.Tenants!.CreateAsync(new(Spec(name), PolicyOf(cloud), "tiny", 1), default);
        Assert.True(answer.Answer.IsDone, answer.Answer.Sentence);
        return answer.Vm!.Value;
    }

    private static async Task<GuestId> RunAsync(Cloud cloud, string name)
    {
        var vm = await CreateAsync(cloud, name);
        await ObserveAsync(cloud, Node);
        await cloud.Hosts.OpenAsync(Node, default);
        await ObserveAsync(cloud, Node, (vm, GuestPhase.Running, Assert.Single(cloud.Guests!.AssignmentsFor(Node).Guests).Generation));
        return vm;
    }

    private static Task ObserveAsync(Cloud cloud, NodeId node, params (GuestId Id, GuestPhase Phase, long Generation)[] guests) =>
        cloud.Guests!.ObserveAsync(
        Observation(node) with
        {
            Guests =
                [.. guests.Select(guest => new GuestObservation { Id = guest.Id, Phase = guest.Phase, Generation = guest.Generation })],
        }, default);

    private static async Task<(VmStatus Status, NodeId? Node)> StatusAsync(Cloud cloud, GuestId vm) =>
        await cloud.Tenants!.FindAsync(vm.Value, default) is { } found
            ? (found.Status, found.Node)
            : throw new InvalidOperationException($"There is no VM {vm}.");
}
