using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core.Availability;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>Whose a server is that leaves or comes back: ours, by our mark and our store, or its tenant's.</summary>
public sealed class OpenStackOwnershipTests
{
    [Fact]
    public async Task What_its_tenant_stopped_before_is_left_alone()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.ByTenant(server, "suspend");
        site.StandIn.Work();
        await site.RestAsync(NodeState.Evicting);
        await site.RestAsync(NodeState.Available);
        Assert.Equal("suspended", server.VmState);
        Assert.DoesNotContain(server.Actions, action => action.User == OpenStackStandIn.ControllerUser);
    }

    [Fact]
    public async Task What_its_tenant_took_over_while_it_was_evicted_stays_as_the_tenant_left_it()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);

        // The tenant has it back and puts it to rest again: it looks exactly as we left it, but it is not ours.
        site.StandIn.ByTenant(server, "resume");
        site.StandIn.Work();
        site.StandIn.ByTenant(server, "suspend");
        site.StandIn.Work();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("suspended", 0, 0), (server.VmState, server.Metadata.Count, site.Store.Servers.Count));
    }

    [Fact]
    public async Task What_its_tenant_suspends_right_after_it_was_brought_back_stays_suspended()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        await site.FollowAsync(NodeState.Available);
        site.StandIn.Work();
        Assert.Equal("active", server.VmState);
        site.StandIn.ByTenant(server, "suspend");
        site.StandIn.Work();
        site.Time.Advance(TimeSpan.FromMinutes(2));
        await site.RestAsync(NodeState.Available);
        Assert.Equal("suspended", server.VmState);
        Assert.Empty(site.Store.Servers);
    }

    [Fact]
    public async Task A_controller_that_lost_its_store_brings_back_by_the_mark_on_the_server()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.Store.Clear();
        await site.RestartAsync();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", 0), (server.VmState, server.Metadata.Count));
    }

    [Fact]
    public async Task A_controller_that_lost_its_store_finds_what_it_shelved_though_it_is_on_no_host()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = "shelve");
        var server = await OpenStackEvictionTests.LentAsync(site);
        var tenants = site.StandIn.Run("pc-2");
        site.StandIn.ByTenant(tenants, "shelve");
        await site.RestAsync(NodeState.Evicting);
        site.Store.Clear();
        await site.RestartAsync();
        await site.RestAsync(NodeState.Available);
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", "shelved_offloaded", 0), (server.VmState, tenants.VmState, site.Store.Servers.Count));
    }

    [Fact]
    public async Task A_controller_that_was_started_anew_brings_back_by_its_store_where_the_tenant_removed_the_mark()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        server.Metadata.Clear();
        await site.RestartAsync();
        await site.RestAsync(NodeState.Available);
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_tenant_that_writes_our_mark_on_what_it_suspended_itself_gains_nothing()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.ByTenant(server, "suspend");
        server.Metadata[ServerRules.EvictedKey] = "suspend";
        site.StandIn.Work();
        await site.RestAsync(NodeState.Available);
        Assert.Equal("suspended", server.VmState);
    }

    [Fact]
    public async Task Nothing_is_asked_of_nova_that_could_not_be_written_down_first()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.Store.Broken = true;
        await Assert.ThrowsAsync<IOException>(() => site.FollowAsync(NodeState.Evicting));
        Assert.Equal(("active", null), (server.VmState, server.TaskState));
        Assert.DoesNotContain(server.Actions, action => action.User == OpenStackStandIn.ControllerUser);
    }

    [Fact]
    public async Task An_eviction_that_never_came_about_leaves_no_mark_once_the_owner_has_left()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.Break(new StandInFault("POST", "/action") { Status = 500, Body = "{}" });
        Assert.Equal(CloudOutcome.TryLater, (await site.FollowAsync(NodeState.Evicting))[1].Outcome);
        Assert.NotEmpty(server.Metadata);
        site.StandIn.Restore();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", 0, 0), (server.VmState, server.Metadata.Count, site.Store.Servers.Count));
        Assert.DoesNotContain(server.Actions, action => action.User == OpenStackStandIn.ControllerUser);
    }

    [Fact]
    public async Task A_server_deleted_while_it_was_evicted_is_forgotten()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.DeletedByTenant(server);
        site.StandIn.Work();
        await site.RestAsync(NodeState.Available);
        Assert.Empty(site.Store.Servers);
    }
}
