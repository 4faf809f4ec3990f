using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.TestKit.OpenStack;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>A whole controller in front of an OpenStack cloud.</summary>
public sealed class OpenStackControllerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly string folder = Directory.CreateTempSubdirectory("openstack-").FullName;
    private OpenStackStandIn? standIn;

    public async ValueTask DisposeAsync()
    {
        if (standIn is not null) await standIn.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_desktop_s_day_in_openstack_from_idle_to_owner_and_back_over_a_restart()
    {
        await using var site = await StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");
        var servers = new[] { standIn!.Run("pc-1"), standIn.Run("pc-1") };

        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        foreach (var server in servers) await site.EventAsync("cloud.evict", server.Guest.Value);
        await UntilAsync(site, agent, () => servers.All(server => server.VmState == "suspended"));
        Assert.True(standIn.Host("pc-1").Disabled);

        // Stored in the site's database: another controller reads it.
        var store = new OpenStackRecords(
            new CloudStore(site.Parts.GetRequiredService<IDbContextFactory<SiteDbContext>>(), OpenStackCloud.CloudName));
        Assert.Equal(
            servers.Select(server => server.Guest.Value).Order(),
            (await store.LoadAsync(default)).Select(server => server.Guest.Value).Order());

        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await UntilAsync(
            site, agent,
            () => servers.All(server => server is { VmState: "active", TaskState: null }) && (store.LoadAsync(default).GetAwaiter()
                .GetResult().Count == 0));
        Assert.False(standIn.Host("pc-1").Disabled);
    }

    [Fact]
    public async Task A_host_that_the_operator_did_not_name_is_not_touched_by_a_node_of_its_name()
    {
        await using var site = await StartAsync();
        var (host, server) = (standIn!.Host("dedicated-1"), standIn.Run("dedicated-1"));
        await using var agent = await site.EnrolAsync("dedicated-1");
        await agent.ConnectAsync();
        foreach (var state in new[] { NodeStateKind.Available, NodeStateKind.Evicting, NodeStateKind.InUse })
        {
            await agent.ReportAsync(report => report.State = state);
            await UntilAsync(
                site, agent,
                () => site.Parts.GetRequiredService<CloudWorkers>().Of(NodeId.Parse("dedicated-1"))!.Pending.Contains(
                    "[Cloud.openstack] Hosts gives node dedicated-1 no host of Nova.", StringComparison.Ordinal));
        }

        await site.Admin.RevokeNodeAsync("dedicated-1");
        time.Advance(TimeSpan.FromMinutes(5));
        await site.RestsAsync("dedicated-1");
        Assert.Equal((false, true, "active"), (host.Disabled, host.AgentUp, server.VmState));
        Assert.Equal("create", Assert.Single(server.Actions).Action);
        Assert.Empty(server.Metadata);
    }

    [Fact]
    public async Task One_server_that_cannot_leave_is_told_of_and_keeps_no_other()
    {
        await using var site = await StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");
        var stuck = standIn!.Run("pc-1");
        stuck.VmState = "rescued";
        var other = standIn.Run("pc-1");
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await UntilAsync(site, agent, () => other.VmState == "suspended");
        await UntilAsync(
            site, agent,
            () => site.Parts.GetRequiredService<CloudWorkers>().Of(NodeId.Parse("pc-1"))!.Pending.Contains("its tenant must unrescue it",
            StringComparison.Ordinal));
        Assert.Contains("its tenant must unrescue it", Assert.Single((await site.Admin.StatusAsync()).Pending), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_to_shut_down_is_let_run_first_and_one_that_is_paused_may_stay()
    {
        await using var site = await StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");
        var stopping = standIn!.Run("pc-1");
        stopping.Metadata["opportunism.policy"] = "stop";
        var paused = standIn.Run("pc-1");
        paused.VmState = "paused";
        await site.RestsAsync("pc-1");

        var evicting = time.GetUtcNow();
        await agent.ReportGuestAsync(stopping.Guest.Value, "Held", _ => agent.Report.State = NodeStateKind.Evicting);
        var plan = await agent.PlanAsync(plan => plan.CloudGuests?.MustRun.Count > 0);
        Assert.Equal(([stopping.Guest.Value], [paused.Guest.Value]), (plan.CloudGuests.MustRun, plan.CloudGuests.Paused));
        await site.RestsAsync("pc-1");
        Assert.Equal(("active", null), (stopping.VmState, stopping.TaskState));

        // It runs: asked at once, no time passes.
        await agent.ReportGuestAsync(stopping.Guest.Value, "Running");
        await site.EventAsync("cloud.evict", stopping.Guest.Value);
        Assert.Equal(evicting, time.GetUtcNow());
        await UntilAsync(site, agent, () => stopping.VmState == "stopped");
        await agent.PlanAsync(plan => plan.CloudGuests.MustRun.Count == 0);
        Assert.Equal("paused", paused.VmState);

        // The owner has left: what its tenant had paused stays so.
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await UntilAsync(site, agent, () => stopping is { VmState: "active", TaskState: null });
        Assert.Equal("paused", paused.VmState);
    }

    [Theory]
    [InlineData("building", "spawning", true)]
    [InlineData("suspended", "resuming", true)]
    [InlineData("active", "rebooting_hard", true)]
    [InlineData("active", "powering-off", true)]
    [InlineData("active", "suspending", false)]
    [InlineData("active", null, false)]
    [InlineData("suspended", null, false)]
    public async Task A_server_that_nova_waits_for_may_run_once_the_owner_stays_and_no_other(string state, string? task, bool mayRun)
    {
        await using var site = await StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        var server = standIn!.Run("pc-1");
        (server.VmState, server.TaskState) = (state, task);
        await agent.ReportAsync(report => report.State = NodeStateKind.Frozen);
        await agent.PlanAsync(plan => plan.CloudGuests is not null);
        await site.RestsAsync("pc-1");
        Assert.Empty(agent.Plan.CloudGuests.MustRun);
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await site.RestsAsync("pc-1");
        var plan = await agent.PlanAsync(plan => plan.CloudGuests.MustRun.Count == (mayRun ? 1 : 0));
        Assert.Equal(mayRun ? [server.Guest.Value] : [], plan.CloudGuests.MustRun);
    }

    [Fact]
    public async Task A_build_that_appears_long_after_its_host_was_closed_is_evicted_within_seconds()
    {
        await using var site = await StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await site.EventAsync("cloud.close", "pc-1");
        var closed = time.GetUtcNow();
        await UntilAsync(site, agent, () => time.GetUtcNow() >= closed + TimeSpan.FromSeconds(20));
        var late = standIn!.Run("pc-1");
        var appeared = time.GetUtcNow();
        await UntilAsync(site, agent, () => late.VmState == "suspended");
        Assert.InRange((time.GetUtcNow() - appeared).TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task Operators_are_told_which_rights_are_there_and_other_clouds_need_none()
    {
        await using var site = await StartAsync();
        standIn!.Run("pc-1");
        var rights = await site.Admin.CloudRightsAsync();
        Assert.Equal(13, rights.Count);
        Assert.All(rights, right => Assert.Equal("Granted", right.State));
        await using var other = await TestSite.StartAsync();
        Assert.Contains(
            "No cloud of this site (embedded) needs rights elsewhere.",
            (await Assert.ThrowsAsync<SiteException>(() => other.Admin.CloudRightsAsync())).Message, StringComparison.Ordinal);
    }

    private async Task<TestSite> StartAsync()
    {
        standIn = await OpenStackStandIn.StartAsync(time);
        foreach (var name in new[] { "pc-1", "pc-2", "dedicated-1" }) standIn.AddHost(name);
        var file = Path.Combine(folder, "clouds.yaml");
        standIn.WriteCloudsFile(file);
        return await TestSite.StartAsync(
            time,
            settings =>
            {
                var options = (OpenStackOptions)settings.AddCloud("openstack", CloudCatalog.Find("openstack")!);
                (options.CloudsFile, options.Hosts) = (file, "pc-*");
            });
    }

    /// <summary>Lets time pass in steps of a second, each once the node was heard and its worker
    /// has done what is due, until something is so; fails after five minutes of it.</summary>
    private async Task UntilAsync(TestSite site, FakeAgent agent, Func<bool> isSo)
    {
        for (var i = 0; !isSo(); i++)
        {
            Assert.True(i < 300, "It never came about.");
            time.Advance(TimeSpan.FromSeconds(1));
            await agent.ReportAsync();
            await site.RestsAsync(agent.Id);
        }
    }
}
