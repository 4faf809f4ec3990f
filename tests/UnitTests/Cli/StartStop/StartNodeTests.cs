using Opportunism.Cli.Terminal;
using Opportunism.UnitTests.Cli.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>Opening a host and bringing back what was evicted there.</summary>
public sealed class StartNodeTests
{
    [Fact]
    public async Task A_host_is_opened_before_what_was_evicted_goes_on_and_nothing_is_left_of_it()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Host("pc-1").AgentDescription = "rack 7";
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        var before = desk.StandIn.Requests.Count;
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        var changes = desk.StandIn.Requests.Skip(before)
            .Where(
                request => !request.StartsWith("GET", StringComparison.Ordinal)
                    && !request.Contains("/identity/", StringComparison.Ordinal))
            .ToList();
        Assert.StartsWith("PUT /compute/v2.1/os-services/", changes[0], StringComparison.Ordinal);
        Assert.Equal(("active", null, 0), (server.VmState, server.TaskState, server.Metadata.Count));
        Assert.Equal(
            (false, true, "rack 7"),
            (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").AgentUp, desk.StandIn.Host("pc-1").AgentDescription));
        Assert.DoesNotContain(server.Guest.Value, File.ReadAllText(Path.Combine(desk.State, "pc-1.json")), StringComparison.Ordinal);
        Assert.Equal(
            ["pc-1 is open in Nova", $"server {server.Id} is brought back", "pc-1 is open, and 1 server went on."],
            desk.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("", desk.Error);
    }

    [Fact]
    public async Task A_second_time_it_changes_nothing()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Run("pc-1");
        foreach (var command in new[] { "stop-node", "start-node" }) await desk.SwitchAsync(command);
        var before = desk.StandIn.Requests.Count;
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal(
            ["POST /identity/v3/auth/tokens"],
            desk.StandIn.Requests.Skip(before).Where(request => !request.StartsWith("GET", StringComparison.Ordinal)));
        Assert.Equal("pc-1 is open.\n", desk.Output);
    }

    [Theory]
    [InlineData(null, "without a reason")]
    [InlineData("disk is failing", "with the reason 'disk is failing'")]
    public async Task A_host_that_an_operator_disabled_is_never_enabled(string? reason, string told)
    {
        await using var desk = await CloudDesk.StartAsync();
        (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").DisabledReason) = (true, reason);
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Equal((true, reason), (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").DisabledReason));
        Assert.EndsWith(
            $"pc-1 could not be opened: An operator disabled nova-compute on pc-1 {told}. When it may be used again: openstack compute "
                + "service set --enable pc-1 nova-compute.\n",
            desk.Error, StringComparison.Ordinal);

        // Waiting would not help.
        Assert.Equal(TimeSpan.Zero, desk.Took);
    }

    [Fact]
    public async Task A_host_that_an_operator_disabled_after_it_was_stopped_stays_so_and_its_servers_wait()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.Host("pc-1").DisabledReason = "disk is failing";
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Equal(("suspended", true), (server.VmState, desk.StandIn.Host("pc-1").Disabled));
        (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").DisabledReason) = (false, null);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_host_that_somebody_forced_down_is_left_alone()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Host("pc-1").ForcedDown = true;
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Contains("--up pc-1 nova-compute", desk.Error, StringComparison.Ordinal);
        Assert.True(desk.StandIn.Host("pc-1").ForcedDown);
    }

    [Fact]
    public async Task What_its_tenant_took_over_meanwhile_stays_as_the_tenant_left_it_and_is_told_of()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        foreach (var action in new[] { "resume", "suspend" })
        {
            desk.StandIn.ByTenant(server, action);
            desk.StandIn.Work();
        }

        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal(("suspended", 0), (server.VmState, server.Metadata.Count));
        Assert.Contains($"Server {server.Id} was set to suspended by its tenant; skipped", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_its_tenant_changed_in_other_ways_while_it_was_evicted_is_the_tenant_s_too()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.ByTenant(server, "resume");
        desk.StandIn.Work();
        desk.StandIn.ByTenant(server, "os-stop");
        desk.StandIn.Work();
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("stopped", server.VmState);
    }

    [Fact]
    public async Task A_server_that_ends_in_error_is_named_at_once_with_what_to_do()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.Host("pc-1").Fails["resume"] = true;
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.EndsWith(
            $"pc-1 is open, but 1 server that we evicted do not run:\n  server {server.Id}: server job ({server.Id}) is in error (resume "
                + "failed in the hypervisor): see `openstack server show`, then reset its state or rebuild it\n",
            desk.Error, StringComparison.Ordinal);
        Assert.InRange(desk.Took.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_resume_that_does_nothing_is_tried_again_within_the_time()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.Host("pc-1").Fails["resume"] = false;
        var began = desk.Time.GetUtcNow();
        desk.WhileWaiting = () =>
        {
            if (desk.Time.GetUtcNow() >= began + TimeSpan.FromSeconds(30)) desk.StandIn.Host("pc-1").Fails.Clear();
        };
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal(("active", 2), (server.VmState, server.Actions.Count(action => action.Action == "resume")));
        Assert.InRange(desk.Took.TotalSeconds, 60, 75);
    }

    [Fact]
    public async Task A_shelved_server_that_finds_no_room_waits_for_the_next_open_host_and_is_told_of()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node", "--policy", "shelve");
        desk.StandIn.Host("pc-1").Room = 0;
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("shelved_offloaded", server.VmState);
        Assert.Contains($"server {server.Id} is shelved and waits for a host with room", desk.Error, StringComparison.Ordinal);

        // Another desktop's start-node knows of it by its mark alone.
        desk.StandIn.AddHost("pc-2");
        desk.State += "-2";
        Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync("start-node", "pc-2", default));
        Assert.Equal(("active", "pc-2", 0), (server.VmState, server.Host, server.Metadata.Count));
    }

    [Fact]
    public async Task A_server_deleted_meanwhile_is_forgotten()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.DeletedByTenant(server);
        desk.StandIn.Work();
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("pc-1 is open in Nova\npc-1 is open.\n", desk.Output);
    }
}
