using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Opportunism.UnitTests.Cli.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>Clouds that are down, slow or busy, hosts that are silent, credentials
/// and words that are wrong: said plainly, in time, with an exit code.</summary>
public sealed class SwitchTroubleTests
{
    [Theory]
    [InlineData("stop-node", "closed")]
    [InlineData("start-node", "opened")]
    public async Task A_nova_that_is_down_all_the_time_is_told_in_time(string command, string state)
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Break(new StandInFault("", "/compute/") { Status = 503 });
        Assert.Equal(ExitCode.NotConnected, await desk.SwitchAsync(command));
        Assert.EndsWith($"pc-1 could not be {state}: Nova answered GET / with 503.\n", desk.Error, StringComparison.Ordinal);
        Assert.Equal(120, desk.Took.TotalSeconds);
    }

    [Fact]
    public async Task A_keystone_that_is_down_for_a_while_only_takes_time()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.Break(new StandInFault("POST", "/identity/") { Status = 503, Times = 4 });
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("pc-1: cannot be closed: Keystone at", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_keystone_that_never_answers_costs_the_time_given()
    {
        await using var desk = await CloudDesk.StartAsync();
        var fault = desk.StandIn.Break(new StandInFault("POST", "/identity/") { Hangs = true });
        var running = desk.SwitchAsync("stop-node", "--wait", "5s");
        await Task.WhenAny(fault.Met, running);
        desk.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ExitCode.NotConnected, await running);
        Assert.Equal("pc-1 was not touched: Keystone timed out.\n", desk.Error);
    }

    [Fact]
    public async Task A_nova_that_hangs_after_it_closed_the_host_is_told_in_time()
    {
        await using var desk = await CloudDesk.StartAsync();
        var fault = desk.StandIn.Break(new StandInFault("GET", "/servers/detail") { Hangs = true });
        var running = desk.SwitchAsync("stop-node", "--wait", "8s");
        await Task.WhenAny(fault.Met, running);
        desk.Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(ExitCode.Failed, await running);
        Assert.True(desk.StandIn.Host("pc-1").Disabled);
        Assert.Contains("pc-1 is closed", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_cannot_be_listed_leave_a_closed_host_and_a_clear_word()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Break(new StandInFault("GET", "/servers/detail") { Status = 500 });
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.True(desk.StandIn.Host("pc-1").Disabled);
        Assert.EndsWith(
            "pc-1 is closed, but what is there is not known: Nova answered GET /servers/detail with 500.\n", desk.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nova_that_asks_to_be_left_alone_is_left_alone_and_then_asked()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.Break(new StandInFault("GET", "/servers/detail") { Status = 429, RetryAfter = "40", Times = 1 });
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.InRange(desk.Took.TotalSeconds, 60, 75);
    }

    [Fact]
    public async Task A_nova_compute_that_does_not_report_is_asked_nothing_and_named()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.Host("pc-1").Freeze(desk.Time.GetUtcNow());
        desk.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("active", null, true), (server.VmState, server.TaskState, desk.StandIn.Host("pc-1").Disabled));
        Assert.EndsWith(
            $"pc-1 is closed, but 1 server did not leave:\n  server {server.Id}: nova-compute on pc-1 does not report; the action is "
                + "postponed until it does. See its log on the desktop\n",
            desk.Error, StringComparison.Ordinal);
        Assert.Equal(120, desk.Took.TotalSeconds);

        // It is back within the time: then all is done.
        var began = desk.Time.GetUtcNow();
        desk.WhileWaiting = () =>
        {
            if (desk.Time.GetUtcNow() >= began + TimeSpan.FromSeconds(30)) desk.StandIn.Host("pc-1").Thaw();
        };
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
    }

    [Fact]
    public async Task A_host_whose_nova_compute_does_not_report_is_opened_but_its_servers_are_not_asked_to_go_on()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        desk.StandIn.Host("pc-1").Freeze(desk.Time.GetUtcNow());
        desk.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Equal(("suspended", null, false), (server.VmState, server.TaskState, desk.StandIn.Host("pc-1").Disabled));
        Assert.Contains("pc-1 is open, but 1 server that we evicted do not run:", desk.Error, StringComparison.Ordinal);
        desk.StandIn.Host("pc-1").Thaw();
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_nova_compute_that_hangs_while_nova_still_takes_it_for_up_delays_the_close_by_the_short_limit()
    {
        await using var desk = await CloudDesk.StartAsync();

        // Nova writes the change down, then waits for the host for longer than anybody waits for Nova.
        var fault = desk.StandIn.Break(new StandInFault("PUT", "/os-services/") { Forgets = true, Times = 1 });
        var running = desk.SwitchAsync("stop-node");
        await Task.WhenAny(fault.Met, running);
        Assert.True(desk.StandIn.Host("pc-1").Disabled);
        desk.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(ExitCode.Done, await running);
        Assert.Contains("pc-1 is closed in Nova: stop-node was run", desk.Output, StringComparison.Ordinal);
        Assert.Contains("nova-compute on pc-1 timed out", desk.Error, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(63), desk.Took);
    }

    [Fact]
    public async Task A_neutron_that_is_down_keeps_no_server_and_is_told_of()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.Break(new StandInFault("", "/network/") { Status = 503 });
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("its network agents could not be seen", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_neutron_that_forbids_the_marks_is_told_of_and_keeps_no_server()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.Deny("update_agent");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("pc-1 is closed, but not all could be done: its network marked as closed", desk.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stop-node")]
    [InlineData("start-node")]
    public async Task A_right_that_is_missing_ends_it_at_once_with_what_to_do(string command)
    {
        await using var desk = await CloudDesk.StartAsync();
        (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").DisabledReason) = (command == "start-node", NovaService.Mark + "x");
        desk.StandIn.Deny("os_compute_api:os-services:update");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync(command));
        Assert.Contains("os_compute_api:os-services:update", desk.Error, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, desk.Took);
    }

    [Fact]
    public async Task A_role_that_may_not_filter_by_host_touches_nobody()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.AddHost("pc-2");
        var elsewhere = desk.StandIn.Run("pc-2");
        desk.StandIn.Deny("os_compute_api:servers:allow_all_filters");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.Equal("active", elsewhere.VmState);
        Assert.Contains("os_compute_api:servers:allow_all_filters", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_nova_does_not_know_is_named_with_what_to_do()
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.Failed, await desk.SwitchHostAsync("stop-node", "pc-9", default));
        Assert.EndsWith(
            "pc-9 could not be closed: Nova has no compute service on pc-9. Start nova-compute there, or name another host with "
                + "--host.\n",
            desk.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stop-node")]
    [InlineData("start-node")]
    public async Task A_credential_that_keystone_does_not_take_is_told_at_once(string command)
    {
        await using var desk = await CloudDesk.StartAsync();
        File.WriteAllText(
            desk.CloudsFile, File.ReadAllText(desk.CloudsFile).Replace(OpenStackStandIn.Secret, "not-this-one", StringComparison.Ordinal));
        Assert.Equal(ExitCode.NotAllowed, await desk.SwitchAsync(command));
        Assert.StartsWith("pc-1 was not touched: Keystone at", desk.Error, StringComparison.Ordinal);
        Assert.Contains("refused the credential of cloud 'openstack' (401)", desk.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cloud_that_clouds_yaml_does_not_have_is_named_in_the_words_of_the_command_line()
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.NotConnected, await desk.SwitchAsync("stop-node", "--cloud", "other"));
        Assert.Equal($"{desk.CloudsFile} has no cloud 'other'. Name one of its clouds in --cloud.\n", desk.Error);
        Assert.Empty(desk.StandIn.Requests);
    }

    [Theory]
    [InlineData("stop-node")]
    [InlineData("start-node")]
    public async Task Wrong_options_are_named_all_at_once_and_nothing_is_asked(string command)
    {
        await using var desk = await CloudDesk.StartAsync();
        var exit = await desk.RunAsync(
            default,
            command, "--host", "pc 1", "--wait", "2h", "--state", "", "--cloud", "", "--policy", "explode", "--node-policies", "pc-1=fly",
            "--owner-may-choose", "suspend, swim", "--network-agents", "maybe", "--time-limit", "10", "--close-time-limit", "00:00:11");
        Assert.Equal(ExitCode.Usage, exit);
        foreach (var problem in new[]
        {
            "--host is 'pc 1'", "--wait is '2h'", "--state is empty", "--cloud is empty",
            "--policy is 'explode'; allowed are suspend, pause, stop, shelve, terminate.", "--node-policies holds 'pc-1=fly'",
            "--owner-may-choose holds 'swim'",
            "--network-agents is 'maybe'; allowed are yes, no.",
            "--time-limit is '10'; allowed is a time such as 90s, 1h30m, 300ms or 00:01:30.",
            "--close-time-limit is 11s; allowed is 500ms to TimeLimit",
        })
        {
            Assert.Contains(problem, desk.Error, StringComparison.Ordinal);
        }

        Assert.Empty(desk.StandIn.Requests);
        Assert.False(Directory.Exists(desk.State));
    }

    [Fact]
    public async Task Interrupted_by_a_person_it_says_how_to_go_on_and_is_no_success()
    {
        await using var desk = await CloudDesk.StartAsync();
        using var interrupt = new CancellationTokenSource();
        desk.WhileWaiting = interrupt.Cancel;
        Assert.Equal(ExitCode.Failed, await desk.SwitchHostAsync("stop-node", "pc-1", interrupt.Token));
        Assert.Equal("Interrupted: pc-1 is left as it is now. Run stop-node again to continue, or start-node to undo it.\n", desk.Error);
    }
}
