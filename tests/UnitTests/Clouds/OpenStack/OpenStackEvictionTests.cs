using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>How servers leave and come back.</summary>
public sealed class OpenStackEvictionTests
{
    [Theory]
    [InlineData("suspend", "suspended")]
    [InlineData("pause", "paused")]
    [InlineData("stop", "stopped")]
    public async Task What_was_evicted_by_a_policy_goes_on_when_the_owner_leaves(string policy, string state)
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = policy);
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal((state, policy), (server.VmState, server.Metadata[ServerRules.EvictedKey]));
        Assert.Equal(server.Guest, Assert.Single(site.Store.Servers).Guest);

        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", 0, 0), (server.VmState, server.Metadata.Count, site.Store.Servers.Count));
    }

    [Fact]
    public async Task A_host_is_closed_before_anything_is_asked_of_its_servers_and_all_are_asked_before_any_has_left()
    {
        await using var site = await OpenStackSite.StartAsync();
        var servers = new[] { await LentAsync(site), site.StandIn.Run("pc-1"), site.StandIn.Run("pc-1") };
        site.StandIn.WorksByItself = false;
        var before = site.StandIn.Requests.Count;
        await site.FollowAsync(NodeState.Evicting);
        Assert.All(servers, server => Assert.Equal(("active", "suspending"), (server.VmState, server.TaskState)));
        var asked = site.StandIn.Requests.Skip(before).Where(request => !request.StartsWith("GET", StringComparison.Ordinal)).ToList();
        Assert.StartsWith("PUT /compute/v2.1/os-services/", asked[0], StringComparison.Ordinal);
        Assert.Equal(3, asked.Count(request => request.EndsWith("/action", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_build_under_way_is_waited_for_and_then_evicted_though_the_host_was_closed_before_it_ran()
    {
        await using var site = await OpenStackSite.StartAsync();
        site.StandIn.WorksByItself = false;
        await site.RestAsync(NodeState.Available);
        var server = site.StandIn.Build("pc-1");
        await site.FollowAsync(NodeState.Evicting);
        Assert.Equal(CloudGuestState.Busy, Assert.Single((await site.LookAsync()).Guests).State);
        Assert.Empty(await site.FollowAsync(NodeState.Evicting));
        site.StandIn.Work();
        Assert.Equal("active", server.VmState);
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal("suspended", server.VmState);
    }

    [Fact]
    public async Task A_shelved_server_runs_again_on_another_node_as_soon_as_one_has_room()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = "shelve");
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal(("shelved_offloaded", null), (server.VmState, server.Host));

        // No room: Nova accepts and puts it back, and it is not asked again at once.
        site.StandIn.Host("pc-2").Room = 0;
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        Assert.Equal(("shelved_offloaded", 1), (server.VmState, server.Actions.Count(action => action.Action == "unshelve")));
        Assert.Contains("waits for a host with room", Assert.Single((await site.LookAsync()).Guests).Sentence, StringComparison.Ordinal);

        site.StandIn.Host("pc-2").Room = 1;
        site.Time.Advance(TimeSpan.FromMinutes(1));
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        Assert.Equal(("active", "pc-2", 0, 0), (server.VmState, server.Host, server.Metadata.Count, site.Store.Servers.Count));
    }

    [Fact]
    public async Task A_server_that_nova_keeps_on_its_host_when_shelved_is_offloaded()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = "shelve");
        site.StandIn.OffloadsShelved = false;
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal(("shelved_offloaded", null), (server.VmState, server.Host));
    }

    [Fact]
    public async Task A_server_shelved_by_its_tenant_is_never_unshelved()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = "shelve");
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.ByTenant(server, "unshelve");
        site.StandIn.Host("pc-2").Disabled = false;
        site.StandIn.Work();
        if (server.VmState != "active") site.StandIn.ByTenant(server, "unshelve");
        site.StandIn.Work();
        Assert.Equal("pc-2", server.Host);
        site.StandIn.ByTenant(server, "shelve");
        site.StandIn.Work();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("shelved_offloaded", 0), (server.VmState, site.Store.Servers.Count));
    }

    [Fact]
    public async Task Terminate_deletes_and_nothing_else_does()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Policy = "terminate");
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        Assert.Empty((await site.LookAsync()).Guests);
        Assert.Equal(("delete", OpenStackStandIn.ControllerUser), server.Actions[0]);
        Assert.Empty(site.Store.Servers);
    }

    [Fact]
    public async Task A_suspend_that_the_hypervisor_cannot_do_becomes_a_stop_after_two_attempts()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        site.StandIn.Host("pc-1").Fails["suspend"] = false;
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal(
            ["stop", "suspend", "suspend"],
            server.Actions.Where(action => action.User == OpenStackStandIn.ControllerUser).Select(action => action.Action));
        Assert.Equal("stopped", server.VmState);
        await site.RestAsync(NodeState.Available);
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_server_that_cannot_be_brought_back_is_told_of_with_what_to_do()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.Host("pc-1").Fails["resume"] = true;
        await site.FollowAsync(NodeState.Available);
        site.StandIn.Work();
        var guest = Assert.Single((await site.LookAsync()).Guests);
        Assert.Equal(CloudGuestState.Resting, guest.State);
        Assert.Equal(
            $"server job ({server.Id}) is in error (resume failed in the hypervisor): see `openstack server show`, then reset its state "
                + "or rebuild it",
            guest.Sentence);
    }

    [Fact]
    public async Task A_resume_that_does_nothing_is_tried_again_later_and_told_of()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.Host("pc-1").Fails["resume"] = false;
        await site.RestAsync(NodeState.Available);
        Assert.Equal(1, server.Actions.Count(action => action.Action == "resume"));
        Assert.Contains(
            "was brought back 1 times and is still suspended", Assert.Single((await site.LookAsync()).Guests).Sentence,
            StringComparison.Ordinal);
        site.StandIn.Host("pc-1").Fails.Clear();
        site.Time.Advance(TimeSpan.FromSeconds(61));
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", 2), (server.VmState, server.Actions.Count(action => action.Action == "resume")));
    }

    [Fact]
    public async Task What_a_frozen_host_was_asked_and_does_when_it_is_back_is_still_known_to_be_ours()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        site.StandIn.Host("pc-1").Freeze(site.Time.GetUtcNow());

        // Still up for Nova: the close is written down though the host does not answer, and the suspend is accepted and hangs.
        var following = site.FollowAsync(NodeState.Evicting);
        await AdvanceUntilAsync(site, following, TimeSpan.FromSeconds(3));
        await following;
        Assert.True(site.StandIn.Host("pc-1").Disabled);
        Assert.Equal(("active", "suspending"), (server.VmState, server.TaskState));

        // The owner leaves before the host is back; it then does what nobody wants any more, and that is undone.
        site.StandIn.Host("pc-1").Thaw();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(("active", null, 0), (server.VmState, server.TaskState, site.Store.Servers.Count));
        Assert.Equal(
            ["resume", "suspend"],
            server.Actions.Where(action => action.User == OpenStackStandIn.ControllerUser).Select(action => action.Action));
    }

    [Fact]
    public async Task Nothing_is_asked_of_a_host_that_does_not_report()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        site.StandIn.Host("pc-1").Freeze(site.Time.GetUtcNow());
        site.Time.Advance(TimeSpan.FromSeconds(61));
        var answers = await site.FollowAsync(NodeState.Evicting);
        Assert.Equal([CloudOutcome.Done, CloudOutcome.TryLater], answers.Take(2).Select(answer => answer.Outcome));
        Assert.Contains("nova-compute on pc-1 does not report", answers[1].Sentence, StringComparison.Ordinal);
        Assert.Null(server.TaskState);
        Assert.Contains("does not report", (await site.LookAsync()).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_brought_back_on_a_host_that_does_not_report()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.Host("pc-1").Freeze(site.Time.GetUtcNow());
        site.Time.Advance(TimeSpan.FromSeconds(61));
        var answers = await site.FollowAsync(NodeState.Available);
        Assert.Equal([CloudOutcome.Done, CloudOutcome.TryLater], answers.Take(2).Select(answer => answer.Outcome));
        Assert.Equal(("suspended", null, "suspend"), (server.VmState, server.TaskState, server.Metadata[ServerRules.EvictedKey]));
        site.StandIn.Host("pc-1").Thaw();
        await site.RestAsync(NodeState.Available);
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_server_in_rescue_is_told_of_and_keeps_nobody_else()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await LentAsync(site);
        var other = site.StandIn.Run("pc-1");
        server.VmState = "rescued";
        var answers = await site.FollowAsync(NodeState.Evicting);
        Assert.Contains(
            answers,
            answer => answer.Outcome is CloudOutcome.Refused
                && answer.Sentence.Contains("its tenant must unrescue it", StringComparison.Ordinal));
        site.StandIn.Work();
        Assert.Equal("suspended", other.VmState);
    }

    [Fact]
    public async Task A_role_that_may_not_filter_by_host_touches_nobody()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.RestAsync(NodeState.Available);
        var elsewhere = site.StandIn.Run("pc-2");
        site.StandIn.Deny("os_compute_api:servers:allow_all_filters");
        var sight = await site.Cloud.LookAsync(OpenStackSite.Node, default);
        Assert.Equal(CloudOutcome.Refused, sight.Answer.Outcome);
        Assert.Contains("os_compute_api:servers:allow_all_filters", sight.Answer.Sentence, StringComparison.Ordinal);

        // Asked all the same, it still looks where the server is.
        Assert.Equal(CloudOutcome.AlreadySo, (await site.Cloud.EvictAsync(OpenStackSite.Node, elsewhere.Guest, default)).Outcome);
        Assert.Equal("active", elsewhere.VmState);
    }

    [Fact]
    public async Task A_thousand_servers_are_read_page_by_page()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.RestAsync(NodeState.Available);
        for (var i = 0; i < 1003; i++) site.StandIn.Build("pc-1");
        site.StandIn.Work();
        Assert.Equal(1003, (await site.LookAsync()).Guests.Select(guest => guest.Id).Distinct().Count());
    }

    /// <summary>The node open with a tenant's server that runs there.</summary>
    internal static async Task<StandInServer> LentAsync(OpenStackSite site)
    {
        await site.RestAsync(NodeState.Available);
        return site.StandIn.Run("pc-1");
    }

    /// <summary>Lets time pass once Nova waits for a host.</summary>
    internal static async Task AdvanceUntilAsync(OpenStackSite site, Task task, TimeSpan step)
    {
        while (!task.IsCompleted && site.StandIn.Count("PUT /compute/v2.1/os-services") < 2) await Task.Yield();
        site.Time.Advance(step);
    }
}
