using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

public sealed class OpenStackRightsTests
{
    [Fact]
    public async Task Everything_that_the_documentation_gives_is_granted_and_nothing_is_changed_by_asking()
    {
        await using var site = await ReadyAsync();
        var server = site.StandIn.Run("pc-1");
        server.Metadata["mine"] = "yes";
        site.StandIn.Host("pc-1").AgentDescription = "rack 7";
        var checks = await CheckAsync(site);
        Assert.Equal(13, checks.Count);
        Assert.All(checks, check => Assert.True(check.State is RightState.Granted, check.ToString()));
        Assert.Equal(("active", 1, 1), (server.VmState, server.Metadata.Count, server.Actions.Count));
        Assert.Equal(
            (true, true, "rack 7"),
            (site.StandIn.Host("pc-1").Disabled, site.StandIn.Host("pc-1").AgentUp, site.StandIn.Host("pc-1").AgentDescription));
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
    public async Task A_missing_policy_is_named_with_the_line_that_gives_it(string policy, string right)
    {
        await using var site = await ReadyAsync();
        site.StandIn.Run("pc-1");
        site.StandIn.Deny(policy);
        var missing = Assert.Single(await CheckAsync(site), check => check.State is RightState.Missing);
        Assert.Equal(right, missing.Name);
        Assert.Contains(policy, missing.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_nova_does_not_take_for_an_admin_s_is_found_out()
    {
        await using var site = await ReadyAsync();
        site.StandIn.Run("pc-1");
        site.StandIn.IsAdmin = false;
        var missing = Assert.Single(await CheckAsync(site), check => check.State is RightState.Missing);
        Assert.Equal("act on servers of every project", missing.Name);
        Assert.Contains("context_is_admin", missing.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_access_rule_that_is_missing_is_named_and_costs_one_login()
    {
        var rules = OpenStackFaultTests.Rules();
        foreach (var missing in rules)
        {
            await using var site = await ReadyAsync();
            site.StandIn.Run("pc-1");
            site.StandIn.AccessRules = [.. rules.Where(rule => rule != missing)];
            var checks = await CheckAsync(site);
            var named = Assert.Single(
                checks,
                check => check.State is RightState.Missing
                    && check.Remedy.Contains(
                        $"\"method\": \"{missing.Method}\", \"path\": \"{missing.Path}\"", StringComparison.Ordinal));
            Assert.Contains("401", named.Sentence, StringComparison.Ordinal);
            Assert.Equal(2, site.StandIn.Logins);
        }
    }

    [Fact]
    public async Task What_cannot_be_told_yet_is_not_called_granted()
    {
        await using var site = await ReadyAsync();
        var checks = await CheckAsync(site);
        Assert.Equal(
            ["see servers by host", "see which host a server is on", "act on servers of every project"],
            checks.Where(check => check.State is RightState.Unknown).Select(check => check.Name));
        site.StandIn.Break(new StandInFault("", "/compute/") { Status = 503 });
        Assert.DoesNotContain(
            await CheckAsync(site),
            check => check.State is not RightState.Unknown && !check.Name.Contains("network", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_of_the_credential_s_own_project_proves_nothing_about_others()
    {
        await using var site = await ReadyAsync();
        site.StandIn.Run("pc-1", OpenStackStandIn.ControllerProject);
        var unknown = Assert.Single(await CheckAsync(site), check => check.State is RightState.Unknown);
        Assert.Equal(
            ("act on servers of every project", "Start a server in another project, then check again."), (unknown.Name, unknown.Remedy));
    }

    [Fact]
    public async Task What_settings_leave_out_needs_no_right()
    {
        await using var site = await OpenStackSite.StartAsync(options => (options.NetworkAgents, options.OwnerMayChoose) = ("no", "stop"));
        var checks = await CheckAsync(site);
        Assert.DoesNotContain(
            checks,
            check => check.Name.Contains("network", StringComparison.Ordinal) || check.Name.Contains("delete", StringComparison.Ordinal));
    }

    private static async Task<OpenStackSite> ReadyAsync()
    {
        var site = await OpenStackSite.StartAsync();
        site.StandIn.AccessRules = OpenStackFaultTests.Rules();
        return site;
    }

    private static Task<IReadOnlyList<RightCheck>> CheckAsync(OpenStackSite site) =>
        site.Parts.GetRequiredService<OpenStackRights>().CheckAsync(default);
}
