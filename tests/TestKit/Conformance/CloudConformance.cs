using Opportunism.Clouds;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>The contract that every cloud must keep with the controller. A cloud's test class inherits it and implements how to prepare a
/// node and guests there.</summary>
public abstract class CloudConformance
{
    /// <summary>The node that the suite works with; the cloud has it and nothing is on it.</summary>
    protected virtual NodeId Node { get; } = NodeId.Parse("pc-1");

    /// <summary>A second node, which must not be changed.</summary>
    protected virtual NodeId Other { get; } = NodeId.Parse("pc-2");

    /// <summary>The cloud, new for each test, with both nodes closed.</summary>
    protected abstract Task<IHostCloud> CloudAsync();

    /// <summary>False where guests that were evicted continue without the cloud: their node's agent does that.</summary>
    protected virtual bool BringsBack => true;

    /// <summary>Makes a tenant's guest run on <see cref="Node"/>, which is open; a guest that leaves only when the cloud evicts
    /// it.</summary>
    protected abstract Task<GuestId> RunGuestAsync(IHostCloud cloud);

    /// <summary>Stops a guest on <see cref="Node"/> as its tenant.</summary>
    protected abstract Task StopByTenantAsync(IHostCloud cloud, GuestId guest);

    [Fact]
    public async Task Opening_and_closing_are_seen_at_the_next_look_and_safe_to_repeat()
    {
        var cloud = await CloudAsync();
        Assert.False(await IsOpenAsync(cloud, Node));
        Assert.Equal(CloudOutcome.Done, (await cloud.OpenAsync(Node, Token)).Outcome);
        Assert.True(await IsOpenAsync(cloud, Node));
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.OpenAsync(Node, Token)).Outcome);
        Assert.Equal(CloudOutcome.Done, (await cloud.CloseAsync(Node, "the owner was seen by input", Token)).Outcome);
        Assert.False(await IsOpenAsync(cloud, Node));
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.CloseAsync(Node, "another reason", Token)).Outcome);
        Assert.False(await IsOpenAsync(cloud, Other));
    }

    [Fact]
    public async Task A_guest_is_listed_on_its_node_and_on_no_other()
    {
        var cloud = await CloudAsync();
        await cloud.OpenAsync(Node, Token);
        var guest = await RunGuestAsync(cloud);
        Assert.Equal([new CloudGuest(guest, CloudGuestState.Here)], (await LookAsync(cloud, Node)).Guests);
        Assert.Empty((await LookAsync(cloud, Other)).Guests);
    }

    [Fact]
    public async Task Evicting_is_under_way_at_the_next_look_and_safe_to_repeat()
    {
        var cloud = await CloudAsync();
        await cloud.OpenAsync(Node, Token);
        var guest = await RunGuestAsync(cloud);
        await cloud.CloseAsync(Node, "the owner has stayed", Token);
        Assert.True((await cloud.EvictAsync(Node, guest, Token)).IsDone);
        Assert.DoesNotContain((await LookAsync(cloud, Node)).Guests, left => left.State is CloudGuestState.Here);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.EvictAsync(Node, guest, Token)).Outcome);
    }

    [Fact]
    public async Task A_guest_that_its_tenant_stopped_is_neither_evicted_nor_brought_back()
    {
        var cloud = await CloudAsync();
        await cloud.OpenAsync(Node, Token);
        var guest = await RunGuestAsync(cloud);
        await StopByTenantAsync(cloud, guest);
        Assert.Equal(CloudGuestState.Resting, Assert.Single((await LookAsync(cloud, Node)).Guests).State);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.EvictAsync(Node, guest, Token)).Outcome);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.BringBackAsync(Node, guest, Token)).Outcome);
        Assert.Equal(CloudGuestState.Resting, Assert.Single((await LookAsync(cloud, Node)).Guests).State);
    }

    [Fact]
    public async Task What_was_evicted_and_is_still_there_goes_on_when_brought_back()
    {
        var cloud = await CloudAsync();
        if (!BringsBack) return;
        await cloud.OpenAsync(Node, Token);
        var guest = await RunGuestAsync(cloud);
        await cloud.CloseAsync(Node, "the owner has stayed", Token);
        await cloud.EvictAsync(Node, guest, Token);
        await ComesToRestAsync(cloud);
        await cloud.OpenAsync(Node, Token);
        Assert.True((await cloud.BringBackAsync(Node, guest, Token)).IsDone);
        await ComesToRestAsync(cloud);
        Assert.Equal(CloudGuestState.Here, Assert.Single((await LookAsync(cloud, Node)).Guests).State);
    }

    [Fact]
    public async Task A_guest_that_is_not_there_needs_nothing()
    {
        var cloud = await CloudAsync();
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.EvictAsync(Node, GuestId.New(), Token)).Outcome);
        Assert.Equal(CloudOutcome.AlreadySo, (await cloud.BringBackAsync(Node, GuestId.New(), Token)).Outcome);
    }

    [Fact]
    public async Task A_lost_node_keeps_its_guests_and_is_as_before_when_it_is_back()
    {
        var cloud = await CloudAsync();
        await cloud.OpenAsync(Node, Token);
        var guest = await RunGuestAsync(cloud);
        foreach (var lost in new[] { true, false })
        {
            await FollowPlanAsync(cloud, new FleetCase { State = Core.Availability.NodeState.Available, Lost = lost });
            Assert.Equal(
                (!lost, new CloudGuest(guest, CloudGuestState.Here)),
                (await IsOpenAsync(cloud, Node), Assert.Single((await LookAsync(cloud, Node)).Guests)));
        }
    }

    [Fact]
    public async Task Following_the_plan_comes_to_rest()
    {
        var cloud = await CloudAsync();
        await cloud.OpenAsync(Node, Token);
        await RunGuestAsync(cloud);
        foreach (var state in new[] { Core.Availability.NodeState.Evicting, Core.Availability.NodeState.InUse,
            Core.Availability.NodeState.Available })
        {
            await FollowPlanAsync(cloud, new FleetCase { State = state });
        }
    }

    private static CancellationToken Token => CancellationToken.None;

    /// <summary>Carries out the plan's actions until there are none left.</summary>
    private async Task FollowPlanAsync(IHostCloud cloud, FleetCase node)
    {
        for (var round = 0; ; round++)
        {
            var actions = FleetPlan.Next(node with { Host = await LookAsync(cloud, Node) });
            if (actions.Count == 0) return;
            Assert.True(round < 3, $"{node.State}, lost {node.Lost}: the plan still wants {actions[0]} after {round} rounds.");
            foreach (var action in actions) Assert.True((await DoAsync(cloud, action)).IsDone, $"{node.State}, lost {node.Lost}: {action}");
            await ComesToRestAsync(cloud);
        }
    }

    private Task<CloudAnswer> DoAsync(IHostCloud cloud, CloudAction action) => action switch
    {
        CloudAction.Close close => cloud.CloseAsync(Node, close.Reason, Token),
        CloudAction.Open => cloud.OpenAsync(Node, Token),
        CloudAction.Evict evict => cloud.EvictAsync(Node, evict.Guest, Token),
        CloudAction.BringBack back => cloud.BringBackAsync(Node, back.Guest, Token),
        CloudAction.Settle settle => cloud.SettleAsync(Node, settle.Target, Token),
        _ => throw new InvalidOperationException($"Unknown action {action}."),
    };

    private static async Task<CloudHost> LookAsync(IHostCloud cloud, NodeId node)
    {
        var sight = await cloud.LookAsync(node, Token);
        Assert.True(sight.Answer.IsDone, sight.Answer.Sentence);
        return sight.Host!;
    }

    /// <summary>A real cloud needs time: waits until it has finished with every guest of the node.</summary>
    private async Task ComesToRestAsync(IHostCloud cloud)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await LookAsync(cloud, Node) is var host && host.Guests.Any(guest => guest.State is CloudGuestState.Busy))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1),
                $"The cloud does not come to rest: {string.Join(", ", host.Guests)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static async Task<bool> IsOpenAsync(IHostCloud cloud, NodeId node) => (await LookAsync(cloud, node)).Open;
}
