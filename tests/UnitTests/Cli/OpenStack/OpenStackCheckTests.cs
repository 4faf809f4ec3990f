using System.CommandLine;
using System.Text.Json;
using Opportunism.Cli.OpenStack;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Opportunism.UnitTests.Clouds.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.OpenStack;

/// <summary>Testing a credential straight from a clouds.yaml.</summary>
public sealed class OpenStackCheckTests
{
    [Fact]
    public async Task Everything_that_the_documentation_gives_is_granted_and_nothing_is_changed_by_asking()
    {
        await using var desk = await ReadyAsync();
        Assert.Equal(ExitCode.Done, await CheckAsync(desk));
        Assert.EndsWith("All 13 rights are granted.\n", desk.Output, StringComparison.Ordinal);
        Assert.Equal((false, true), (desk.StandIn.Host("pc-1").Disabled, desk.StandIn.Host("pc-1").AgentUp));
        Assert.DoesNotContain(
            desk.StandIn.Requests,
            request => request.StartsWith("PUT", StringComparison.Ordinal)
                && request.Contains(desk.StandIn.Host("pc-1").ServiceId, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("os_compute_api:os-services:list", "see compute services")]
    [InlineData("os_compute_api:os-services:update", "open and close compute services")]
    [InlineData("os_compute_api:servers:detail:get_all_tenants", "see servers of every project")]
    [InlineData("os_compute_api:servers:allow_all_filters", "see servers by host")]
    [InlineData("os_compute_api:os-extended-server-attributes", "see which host a server is on")]
    [InlineData("os_compute_api:os-instance-actions:list", "see who did what with a server")]
    [InlineData("get_agent", "see network agents")]
    [InlineData("update_agent", "mark network agents")]
    public async Task A_missing_policy_is_a_row_with_the_line_that_gives_it(string policy, string right)
    {
        await using var desk = await ReadyAsync();
        desk.StandIn.Deny(policy);
        Assert.Equal(ExitCode.Failed, await CheckAsync(desk));
        var row = Assert.Single(desk.Output.Split('\n'), line => line.Contains(" Missing ", StringComparison.Ordinal));
        Assert.StartsWith(right, row.TrimStart(), StringComparison.Ordinal);
        Assert.Contains($"\"{policy}\": \"role:admin or role:opportunism\"", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_is_no_admin_s_for_nova_is_found_out()
    {
        await using var desk = await ReadyAsync();
        desk.StandIn.IsAdmin = false;
        Assert.Equal(ExitCode.Failed, await CheckAsync(desk));
        var row = Assert.Single(desk.Output.Split('\n'), line => line.Contains(" Missing ", StringComparison.Ordinal));
        Assert.Contains("\"context_is_admin\": \"role:admin or role:opportunism\"", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_access_rule_that_is_missing_is_named()
    {
        var rules = OpenStackFaultTests.Rules();
        await using var desk = await ReadyAsync();
        foreach (var missing in rules)
        {
            desk.StandIn.AccessRules = [.. rules.Where(rule => rule != missing)];
            Assert.Equal(ExitCode.Failed, await CheckAsync(desk));
            Assert.Contains(
                $"{{\"service\": \"{missing.Service}\", \"method\": \"{missing.Method}\", \"path\": \"{missing.Path}\"}}", desk.Output,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_told_yet_says_what_to_do_and_has_an_exit_code_of_its_own()
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.NotKnown, await CheckAsync(desk));
        Assert.Equal(
            3,
            desk.Output.Split('\n')
            .Count(
                line => line.Contains(" Unknown ", StringComparison.Ordinal)
                    && line.Contains("Start a server in another project", StringComparison.Ordinal)));
        Assert.Contains("No right is known to be missing, but 3 of 13 could not be checked", desk.Output, StringComparison.Ordinal);

        // One's own server may always be acted on: it proves nothing about others.
        desk.StandIn.Run("pc-1", OpenStackStandIn.ControllerProject);
        Assert.Equal(ExitCode.NotKnown, await CheckAsync(desk));
        Assert.Contains("1 of 13 could not be checked", desk.Output, StringComparison.Ordinal);
        desk.StandIn.Run("pc-1");
        Assert.Equal(ExitCode.Done, await CheckAsync(desk));
    }

    [Fact]
    public async Task A_missing_right_outweighs_one_that_cannot_be_told_yet()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.Deny("get_agent");
        Assert.Equal(ExitCode.Failed, await CheckAsync(desk));
        Assert.Contains("1 of 13 rights are missing and 3 could not be checked", desk.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nova_that_is_down_is_told_for_each_right_and_is_no_missing_right()
    {
        await using var desk = await ReadyAsync();
        desk.StandIn.Break(new StandInFault("", "/compute/") { Status = 503 });
        Assert.Equal(ExitCode.NotKnown, await CheckAsync(desk));
        Assert.DoesNotContain(" Missing ", desk.Output, StringComparison.Ordinal);
        Assert.Contains("Nova answered GET / with 503", desk.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_that_settings_do_not_need_are_not_asked_for()
    {
        await using var desk = await ReadyAsync();
        Assert.Equal(ExitCode.Done, await CheckAsync(desk, "--network-agents", "no", "--owner-may-choose", "stop"));
        Assert.EndsWith("All 10 rights are granted.\n", desk.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            desk.StandIn.Requests,
            request => request.Contains("/network/", StringComparison.Ordinal)
                || request.StartsWith("DELETE", StringComparison.Ordinal)
                && !request.Contains("/metadata/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("suspend", "suspend, stop", false, false)]
    [InlineData("suspend", "terminate", true, false)]
    [InlineData("shelve", "", true, true)]
    public async Task What_only_doing_it_would_show_is_said_where_settings_let_it_happen(
        string policy, string owners, bool serviceUser, bool ports)
    {
        await using var desk = await ReadyAsync();
        Assert.Equal(ExitCode.Done, await CheckAsync(desk, "--policy", policy, "--owner-may-choose", owners));
        Assert.Equal(
            (serviceUser, ports),
            (desk.Output.Contains("send_service_user_token = true", StringComparison.Ordinal),
            desk.Output.Contains("\"context_is_advsvc\": \"role:advsvc or role:opportunism\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Machines_read_json()
    {
        await using var desk = await ReadyAsync();
        desk.StandIn.Deny("update_agent");
        Assert.Equal(ExitCode.Failed, await CheckAsync(desk, "--json"));
        using var json = JsonDocument.Parse(desk.Output);
        Assert.Equal(13, json.RootElement.GetArrayLength());
        var missing = Assert.Single(json.RootElement.EnumerateArray(), right => right.GetProperty("state").GetString() == "Missing");
        Assert.Equal("mark network agents", missing.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_credential_that_keystone_does_not_take_is_told_once()
    {
        await using var desk = await CloudDesk.StartAsync();
        File.WriteAllText(
            desk.CloudsFile, File.ReadAllText(desk.CloudsFile).Replace(OpenStackStandIn.Secret, "not-this-one", StringComparison.Ordinal));
        Assert.Equal(ExitCode.NotAllowed, await CheckAsync(desk));
        Assert.Contains("refused the credential of cloud 'openstack' (401)", desk.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", desk.Error + desk.Output, StringComparison.Ordinal);
        desk.StandIn.Break(new StandInFault("POST", "/identity/") { Status = 503 });
        Assert.Equal(ExitCode.NotConnected, await CheckAsync(desk));
        Assert.Contains("answered 503", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_lacks_the_cloud_is_named_and_nobody_is_asked()
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.NotConnected, await CheckAsync(desk, "--cloud", "other"));
        Assert.Contains("has no cloud 'other'. Name one of its clouds in --cloud.", desk.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotConnected, await desk.RunAsync(default, "openstack", "check", "--clouds-file", "/nowhere/clouds.yaml"));
        Assert.Contains("/nowhere/clouds.yaml could not be read", desk.Error, StringComparison.Ordinal);
        Assert.Empty(desk.StandIn.Requests);
    }

    [Theory]
    [InlineData("--cloud is empty", "--cloud", "")]
    [InlineData("--policy is 'fly'; allowed are suspend, pause, stop, shelve, terminate.", "--policy", "fly")]
    [InlineData("--site asks a site", "--site", "site.json", "--cloud", "openstack")]
    public async Task Words_that_make_no_sense_are_a_usage_error(string problem, params string[] words)
    {
        await using var desk = await CloudDesk.StartAsync();
        Assert.Equal(ExitCode.Usage, await desk.RunAsync(default, ["openstack", "check", .. words]));
        Assert.Contains(problem, desk.Error, StringComparison.Ordinal);
        Assert.Empty(desk.StandIn.Requests);
    }

    [Fact]
    public void Every_setting_of_the_cloud_is_an_option_unless_it_means_nothing_without_a_controller()
    {
        var command = new Command("any");
        new OpenStackArguments().AddTo(command);
        var options = command.Options.Select(option => option.Name).ToList();
        string[] without = [nameof(OpenStackOptions.Hosts), nameof(OpenStackOptions.WhenLost), nameof(OpenStackOptions.EvacuateAfter),
            nameof(OpenStackOptions.Nodes)];
        Assert.Equal(
            typeof(OpenStackOptions).GetProperties().Where(key => key.CanWrite).Select(key => key.Name).Except(without)
                .Select(OpenStackArguments.NameOf).Order(),
            options.Order());
    }

    [Theory]
    [InlineData("20s", 20)]
    [InlineData("1m30s", 90)]
    [InlineData("00:00:20", 20)]
    public void Times_are_written_as_on_the_command_line_or_as_in_settings(string text, int seconds)
    {
        var command = new RootCommand();
        var arguments = new OpenStackArguments();
        arguments.AddTo(command);
        var parsed = command.Parse(["--time-limit", text]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(seconds, arguments.Read(parsed).TimeLimit.TotalSeconds);
    }

    private static async Task<CloudDesk> ReadyAsync()
    {
        var desk = await CloudDesk.StartAsync();
        desk.StandIn.AccessRules = OpenStackFaultTests.Rules();
        desk.StandIn.Run("pc-1");
        return desk;
    }

    private static Task<int> CheckAsync(CloudDesk desk, params string[] more) =>
        desk.RunAsync(default, ["openstack", "check", "--clouds-file", desk.CloudsFile, .. more]);
}
