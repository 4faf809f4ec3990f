using System.Text.Json;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Opportunism.UnitTests.Cli.OpenStack;
using Opportunism.UnitTests.Clouds.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>Closing a host and emptying it without a controller.</summary>
public sealed class StopNodeTests
{
    [Fact]
    public async Task A_host_is_closed_before_anything_is_asked_of_its_servers_and_each_change_of_hands_is_a_line()
    {
        await using var desk = await CloudDesk.StartAsync();
        var servers = new[] { desk.StandIn.Run("pc-1"), desk.StandIn.Run("pc-1") };
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node", "--reason", "PowerNap: a key was pressed"));
        var changes = desk.StandIn.Requests.Where(
            request => !request.StartsWith("GET", StringComparison.Ordinal) && !request.Contains("/identity/", StringComparison.Ordinal))
            .ToList();
        Assert.StartsWith("PUT /compute/v2.1/os-services/", changes[0], StringComparison.Ordinal);
        Assert.Equal("opportunism: PowerNap: a key was pressed", desk.StandIn.Host("pc-1").DisabledReason);
        Assert.All(servers, server => Assert.Equal(("suspended", "suspend"), (server.VmState, server.Metadata[ServerRules.EvictedKey])));
        Assert.False(desk.StandIn.Host("pc-1").AgentUp);
        Assert.Equal(
            [
                "pc-1 is closed in Nova: PowerNap: a key was pressed",
                .. servers.Select(server => $"server {server.Id} leaves pc-1: suspend").Order(StringComparer.Ordinal),
                "pc-1 is empty; it is watched for a minute, in case a build was under way",
                "pc-1 is closed and empty: 2 servers left.",
            ],
            InAnyOrder(desk.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("", desk.Error);
        Assert.InRange(desk.Took.TotalSeconds, 60, 65);

        // Servers leave together; which is first does not matter.
        static IEnumerable<string> InAnyOrder(string[] lines) => [lines[0], .. lines[1..^2].Order(StringComparer.Ordinal), .. lines[^2..]];
    }

    [Fact]
    public async Task Machines_read_one_object_of_json()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        var stuck = desk.StandIn.Run("pc-1");
        stuck.VmState = "rescued";
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node", "--json"));
        using var json = JsonDocument.Parse(desk.Output);
        var result = json.RootElement;
        Assert.Equal(
            ("stop-node", "pc-1", "NeedsPerson", false),
            (result.GetProperty("command").GetString(), result.GetProperty("host").GetString(), result.GetProperty("end").GetString(),
            result.GetProperty("open").GetBoolean()));
        Assert.Contains(result.GetProperty("did").EnumerateArray(), line => line.GetString() == $"server {server.Id} leaves pc-1: suspend");
        var left = Assert.Single(result.GetProperty("left").EnumerateArray());
        Assert.Equal(stuck.Id.ToString(), left.GetProperty("server").GetString());
        Assert.Contains("its tenant must unrescue it", left.GetProperty("why").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause", "paused")]
    [InlineData("stop", "stopped")]
    [InlineData("shelve", "shelved_offloaded")]
    public async Task The_policy_counts_and_start_node_undoes_it(string policy, string state)
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node", "--policy", policy));
        Assert.Equal(state, server.VmState);
        Assert.Contains($"server {server.Id} leaves pc-1: {policy}", desk.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal(("active", 0), (server.VmState, server.Metadata.Count));
    }

    [Fact]
    public async Task Terminate_deletes()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node", "--policy", "terminate"));
        Assert.Equal(("delete", OpenStackStandIn.ControllerUser), server.Actions[0]);
        Assert.Contains($"server {server.Id} leaves pc-1: terminate", desk.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("suspend, stop, shelve, terminate", "stopped")]
    [InlineData("shelve", "suspended")]
    [InlineData("", "suspended")]
    public async Task A_server_s_owner_chooses_within_what_is_allowed(string allowed, string state)
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        server.Metadata[ServerPolicies.OwnersKey] = "stop";
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node", "--owner-may-choose", allowed));
        Assert.Equal(state, server.VmState);
    }

    [Fact]
    public async Task A_build_under_way_is_waited_for_and_then_evicted()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.WorksByItself = false;
        desk.WhileWaiting = desk.StandIn.Work;
        var server = desk.StandIn.Build("pc-1");
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("suspended", null), (server.VmState, server.TaskState));
    }

    [Fact]
    public async Task A_build_that_appears_long_after_its_host_was_closed_is_evicted_too()
    {
        await using var desk = await CloudDesk.StartAsync();
        var began = desk.Time.GetUtcNow();
        StandInServer? late = null;
        desk.WhileWaiting = () =>
        {
            if (desk.Time.GetUtcNow() >= began + TimeSpan.FromSeconds(50)) late ??= desk.StandIn.Run("pc-1");
        };
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", late!.VmState);
    }

    [Fact]
    public async Task With_too_little_time_for_late_builds_it_says_so()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node", "--wait", "30s"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("a build that was under way may still appear", desk.Error, StringComparison.Ordinal);
        Assert.Equal(30, desk.Took.TotalSeconds);
    }

    [Fact]
    public async Task A_second_time_it_asks_nothing_of_any_server()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        var before = desk.StandIn.Requests.Count;
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.DoesNotContain(
            desk.StandIn.Requests.Skip(before),
            request => request.StartsWith("PUT", StringComparison.Ordinal) || request.Contains("/action", StringComparison.Ordinal)
                || request.StartsWith("DELETE", StringComparison.Ordinal));
        Assert.Equal("suspended", server.VmState);
    }

    [Fact]
    public async Task What_its_tenant_suspended_is_left_alone()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        desk.StandIn.ByTenant(server, "suspend");
        desk.StandIn.Work();
        foreach (var command in new[] { "stop-node", "start-node" }) Assert.Equal(ExitCode.Done, await desk.SwitchAsync(command));
        Assert.Equal("suspended", server.VmState);
        Assert.DoesNotContain(server.Actions, action => action.User == OpenStackStandIn.ControllerUser);
    }

    [Fact]
    public async Task A_host_that_an_operator_disabled_is_emptied_and_keeps_the_operator_s_reason()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").DisabledReason) = (true, "disk is failing");
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("suspended", "disk is failing"), (server.VmState, desk.StandIn.Host("pc-1").DisabledReason));
    }

    [Fact]
    public async Task One_server_that_cannot_leave_keeps_no_other_and_is_named()
    {
        await using var desk = await CloudDesk.StartAsync();
        var stuck = desk.StandIn.Run("pc-1");
        stuck.VmState = "rescued";
        var other = desk.StandIn.Run("pc-1");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", other.VmState);
        Assert.EndsWith(
            $"pc-1 is closed, but 1 server did not leave:\n  server {stuck.Id}: server job ({stuck.Id}) is in rescue and cannot leave: "
                + "its tenant must unrescue it\n",
            desk.Error, StringComparison.Ordinal);

        // It needs a person, so the rest of the time is not waited for.
        Assert.InRange(desk.Took.TotalSeconds, 60, 75);
    }

    [Fact]
    public async Task A_server_that_hangs_in_what_it_does_is_named_when_the_time_is_over()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.WorksByItself = false;
        var server = desk.StandIn.Build("pc-1");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node", "--wait", "3m"));
        Assert.Equal(180, desk.Took.TotalSeconds);
        Assert.EndsWith(
            $"pc-1 is closed, but 1 server did not leave:\n  server {server.Id}: server job ({server.Id}) is spawning\n", desk.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_access_rules_of_the_documentation_are_enough()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.AccessRules = OpenStackFaultTests.Rules();
        var server = desk.StandIn.Run("pc-1");
        foreach (var command in new[] { "stop-node", "start-node" }) Assert.Equal(ExitCode.Done, await desk.SwitchAsync(command));
        Assert.Equal("active", server.VmState);
        Assert.Equal(2, desk.StandIn.Logins);
    }

    [Fact]
    public async Task A_site_without_neutron_agents_never_asks_for_them()
    {
        await using var desk = await CloudDesk.StartAsync();
        foreach (var command in new[] { "stop-node", "start-node" })
            Assert.Equal(ExitCode.Done, await desk.SwitchAsync(command, "--network-agents", "no"));
        Assert.Equal(0, desk.StandIn.Count("/network/"));
    }

    [Fact]
    public async Task The_machine_s_own_name_is_the_host_unless_another_is_given()
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.Done, await desk.RunAsync(default, "stop-node", "--clouds-file", desk.CloudsFile, "--state", desk.State));
        Assert.True(desk.StandIn.Host("pc-1").Disabled);
    }

    [Theory]
    [InlineData("PC-1.Example.ORG")]
    [InlineData("lab_3")]
    [InlineData("a-host-whose-name-is-far-longer-than-sixty-three-characters.example.org")]
    public async Task A_host_may_have_a_name_that_no_node_may_have(string name)
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.AddHost(name);
        var server = desk.StandIn.Run(name);
        Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync("stop-node", name, default));
        Assert.Equal(("suspended", true), (server.VmState, desk.StandIn.Host(name).Disabled));
        Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync("start-node", name, default));
        Assert.Equal(("active", false), (server.VmState, desk.StandIn.Host(name).Disabled));
    }

    [Fact]
    public async Task Only_its_owner_may_enter_the_folder_and_read_what_is_in_it()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(desk.State));
        Assert.Equal(["pc-1.json", "pc-1.lock", "pc-1.newest"], Directory.EnumerateFiles(desk.State).Select(Path.GetFileName).Order());
        foreach (var file in Directory.EnumerateFiles(desk.State))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
