using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>Compute services and network agents: ours, an operator's, frozen, lost and back.</summary>
public sealed class OpenStackHostTests
{
    [Fact]
    public async Task Whoever_looks_at_nova_reads_why_a_host_is_closed()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.RestAsync(NodeState.Available);
        await site.RestAsync(NodeState.Frozen);
        Assert.Equal("opportunism: the owner was seen by input", site.StandIn.Host("pc-1").DisabledReason);
        await site.RestAsync(NodeState.Available);
        Assert.Equal((false, null), (site.StandIn.Host("pc-1").Disabled, site.StandIn.Host("pc-1").DisabledReason));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("disk is failing")]
    public async Task A_host_that_an_operator_disabled_is_never_enabled_and_keeps_the_reason(string? reason)
    {
        await using var site = await OpenStackSite.StartAsync();
        var host = site.StandIn.Host("pc-1");
        host.DisabledReason = reason;
        Assert.Equal(CloudAnswer.AlreadySo, await site.Cloud.CloseAsync(OpenStackSite.Node, "the owner was seen by input", default));
        await site.FollowAsync(NodeState.InUse);
        Assert.Equal(reason, host.DisabledReason);
        var answer = (await site.FollowAsync(NodeState.Available))[0];
        Assert.Equal(CloudOutcome.Refused, answer.Outcome);
        Assert.Contains("openstack compute service set --enable pc-1 nova-compute", answer.Sentence, StringComparison.Ordinal);
        Assert.True(host.Disabled);
        Assert.Equal(0, site.StandIn.Count("PUT /compute"));
    }

    [Fact]
    public async Task A_reason_as_long_as_a_novel_is_cut_to_what_nova_takes()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.Cloud.OpenAsync(OpenStackSite.Node, default);
        Assert.Equal(CloudOutcome.Done, (await site.Cloud.CloseAsync(OpenStackSite.Node, new string('x', 300) + "\n", default)).Outcome);
        Assert.Equal(255, site.StandIn.Host("pc-1").DisabledReason!.Length);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_costs_its_time_limit_and_is_closed_all_the_same()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.Cloud.OpenAsync(OpenStackSite.Node, default);
        var host = site.StandIn.Host("pc-1");
        host.Freeze(site.Time.GetUtcNow());
        var closing = site.Cloud.CloseAsync(OpenStackSite.Node, "the owner was seen by input", default);
        while (!host.Disabled) await Task.Yield();
        site.Time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(closing.IsCompleted);
        site.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(CloudAnswer.Done, await closing);
        Assert.Contains(site.Log.Lines, line => line.Id == 5004);
    }

    [Fact]
    public async Task A_host_that_did_not_answer_is_asked_for_nothing_before_it_has_reported_again()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.Cloud.OpenAsync(OpenStackSite.Node, default);
        var host = site.StandIn.Host("pc-1");
        var server = site.StandIn.Run("pc-1");
        host.Freeze(site.Time.GetUtcNow());
        var closing = site.Cloud.CloseAsync(OpenStackSite.Node, "the owner was seen by input", default);
        while (!host.Disabled) await Task.Yield();
        site.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await closing).IsDone);
        Assert.True((await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.IsDone);
        Assert.Equal(CloudOutcome.TryLater, (await site.Cloud.EvictAsync(OpenStackSite.Node, server.Guest, default)).Outcome);
        Assert.DoesNotContain(server.Actions, action => action.Action == "suspend");
        host.Thaw();
        await site.Cloud.LookAsync(OpenStackSite.Node, default);
        Assert.Equal(CloudAnswer.Done, await site.Cloud.EvictAsync(OpenStackSite.Node, server.Guest, default));
    }

    [Fact]
    public async Task A_suspend_that_nova_has_lost_is_told_with_what_to_do_and_asked_again_after_that()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.WorksByItself = false;
        await site.FollowAsync(NodeState.Evicting);
        site.StandIn.LoseWork("pc-1");
        var asked = site.Time.GetUtcNow();
        site.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal($"server {server.Name} ({server.Id}) is suspending", Assert.Single((await site.LookAsync()).Guests).Sentence);
        site.Time.Advance(TimeSpan.FromSeconds(1));
        var told = Assert.Single((await site.LookAsync()).Guests);
        Assert.Equal(
            (CloudGuestState.Busy,
            $"server {server.Name} ({server.Id}) is suspending since {asked:u}: if nova-compute's log on pc-1 says nothing of it, the "
            + $"request was lost; `openstack server set --state active {server.Id}` lets it be asked again"),
            (told.State, told.Sentence));

        site.StandIn.SetState(server, "active");
        site.StandIn.WorksByItself = true;
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal(("suspended", 2), (server.VmState, server.Actions.Count(action => action.Action == "suspend")));
    }

    [Fact]
    public async Task A_nova_that_takes_the_change_and_does_not_make_it_is_not_believed()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.Cloud.OpenAsync(OpenStackSite.Node, default);
        site.StandIn.Break(new StandInFault("PUT", "/os-services/") { Status = 200, Body = """{"service":{"status":"enabled"}}""" });
        Assert.Equal(CloudOutcome.TryLater, (await site.Cloud.CloseAsync(OpenStackSite.Node, "owner", default)).Outcome);
    }

    [Fact]
    public async Task A_host_that_nova_does_not_know_is_named_with_what_to_do()
    {
        await using var site = await OpenStackSite.StartAsync();
        var sight = await site.Cloud.LookAsync(Opportunism.Core.NodeId.Parse("pc-9"), default);
        Assert.Equal(
            (CloudOutcome.Refused,
            "Nova has no compute service on pc-9. Start nova-compute there, or set 'pc-9=HOST' in [OpenStack] Hosts."),
            (sight.Answer.Outcome, sight.Answer.Sentence));
    }

    [Fact]
    public async Task A_node_may_have_another_name_in_nova()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Hosts = "desk-7=pc-1");
        var node = Opportunism.Core.NodeId.Parse("desk-7");
        await site.RestAsync(NodeState.Available, node: node);
        Assert.False(site.StandIn.Host("pc-1").Disabled);
    }

    [Fact]
    public async Task Network_agents_follow_and_keep_their_description()
    {
        await using var site = await OpenStackSite.StartAsync();
        var host = site.StandIn.Host("pc-1");
        host.AgentDescription = "rack 7; was: rack 6";
        await site.RestAsync(NodeState.InUse);
        Assert.Equal((false, "opportunism: the owner was seen by input; was: rack 7; was: rack 6"), (host.AgentUp, host.AgentDescription));
        await site.RestAsync(NodeState.Available);
        Assert.Equal((true, "rack 7; was: rack 6"), (host.AgentUp, host.AgentDescription));
    }

    [Fact]
    public async Task A_network_agent_that_an_operator_took_down_stays_down()
    {
        await using var site = await OpenStackSite.StartAsync();
        var host = site.StandIn.Host("pc-1");
        host.AgentUp = false;
        host.AgentDescription = "cable broken";
        await site.RestAsync(NodeState.InUse);
        await site.RestAsync(NodeState.Available);
        Assert.Equal((false, "cable broken"), (host.AgentUp, host.AgentDescription));
    }

    [Fact]
    public async Task An_agent_that_serves_the_networks_of_other_hosts_is_left_alone()
    {
        await using var site = await OpenStackSite.StartAsync();
        var host = site.StandIn.Host("pc-1");
        host.AgentBinary = "neutron-dhcp-agent";
        await site.RestAsync(NodeState.InUse);
        Assert.Equal((true, true), (host.Disabled, host.AgentUp));
    }

    [Fact]
    public async Task A_neutron_that_is_down_keeps_no_server_on_its_node_and_is_told_of()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.Break(new StandInFault("", "/network/") { Status = 503 });
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("Neutron answered GET /v2.0/agents with 503", (await site.LookAsync()).Sentence, StringComparison.Ordinal);
        site.StandIn.Restore();
        await site.RestAsync(NodeState.Evicting);
        Assert.False(site.StandIn.Host("pc-1").AgentUp);
    }

    [Fact]
    public async Task A_site_without_neutron_agents_never_asks_for_them()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.NetworkAgents = "no");
        await site.RestAsync(NodeState.Available);
        await site.RestAsync(NodeState.InUse);
        Assert.Equal(0, site.StandIn.Count("/network/"));
    }

    [Fact]
    public async Task A_lost_node_is_closed_and_its_servers_marked_until_it_is_back()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Available, lost: true);
        Assert.Equal(
            ("active", "pc-1", true, false),
            (server.VmState, server.Metadata[ServerRules.LostKey], site.StandIn.Host("pc-1").Disabled,
            site.StandIn.Host("pc-1").ForcedDown));
        await site.RestAsync(NodeState.Available);
        Assert.Equal((0, false), (server.Metadata.Count, site.StandIn.Host("pc-1").Disabled));
    }

    [Fact]
    public async Task Servers_of_a_lost_node_are_evacuated_where_the_operator_wants_it_and_the_host_is_dead()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.WhenLost = "evacuate");
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        var server = await OpenStackEvictionTests.LentAsync(site);
        var host = site.StandIn.Host("pc-1");
        host.Freeze(site.Time.GetUtcNow());
        site.Time.Advance(TimeSpan.FromSeconds(61));
        await site.RestAsync(NodeState.Available, lost: true);
        Assert.Equal(("pc-1", false), (server.Host, host.ForcedDown));

        site.Time.Advance(TimeSpan.FromMinutes(10));
        await site.RestAsync(NodeState.Available, lost: true);
        Assert.Equal(("pc-2", "active", true, 0), (server.Host, server.VmState, host.ForcedDown, server.Metadata.Count));
        Assert.Equal(1, server.Actions.Count(action => action.Action == "evacuate"));

        // It is back, but its nova-compute has not started anew: two copies of the server may run, so Nova does not take it yet.
        host.Thaw();
        var answer = (await site.FollowAsync(NodeState.Available))[0];
        Assert.Equal(CloudOutcome.Refused, answer.Outcome);
        Assert.Contains("Restart nova-compute there", answer.Sentence, StringComparison.Ordinal);
        host.Restart();
        await site.RestAsync(NodeState.Available);
        Assert.Equal((false, false), (host.ForcedDown, host.Disabled));
    }

    [Fact]
    public async Task One_server_that_cannot_be_evacuated_keeps_no_other()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.WhenLost = "evacuate");
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        var servers = new[] { await OpenStackEvictionTests.LentAsync(site), site.StandIn.Run("pc-1"), site.StandIn.Run("pc-1") };
        site.StandIn.Host("pc-1").Freeze(site.Time.GetUtcNow());
        site.Time.Advance(TimeSpan.FromSeconds(61));
        await site.RestAsync(NodeState.Available, lost: true);
        site.Time.Advance(TimeSpan.FromMinutes(10));
        site.StandIn.Break(new StandInFault("POST", $"/servers/{servers[0].Id}/action") { Status = 500 });
        var answer = (await site.FollowAsync(NodeState.Available, lost: true))[0];
        Assert.Equal(CloudOutcome.TryLater, answer.Outcome);
        site.StandIn.Work();
        Assert.Equal(["pc-1", "pc-2", "pc-2"], servers.Select(server => server.Host));
    }

    [Fact]
    public async Task A_desktop_whose_agent_is_silent_but_whose_compute_service_reports_is_never_evacuated()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.WhenLost = "evacuate");
        await site.RestAsync(NodeState.Available, node: OpenStackSite.Other);
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Available, lost: true);
        site.Time.Advance(TimeSpan.FromMinutes(11));
        var answer = Assert.Single(await site.FollowAsync(NodeState.Available, lost: true));
        Assert.Equal(CloudOutcome.Refused, answer.Outcome);
        Assert.Contains("its nova-compute reports to Nova", answer.Sentence, StringComparison.Ordinal);
        Assert.Equal(("pc-1", false), (server.Host, site.StandIn.Host("pc-1").ForcedDown));
    }

    [Fact]
    public async Task A_host_that_an_operator_forced_down_is_left_alone()
    {
        await using var site = await OpenStackSite.StartAsync();
        var host = site.StandIn.Host("pc-1");
        host.ForcedDown = true;
        var answer = (await site.FollowAsync(NodeState.Available))[0];
        Assert.Equal(CloudOutcome.Refused, answer.Outcome);
        Assert.Contains("--up pc-1 nova-compute", answer.Sentence, StringComparison.Ordinal);
        Assert.True(host.ForcedDown);
    }
}
