using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Core.Fleet;
using Opportunism.Server;
using Opportunism.Server.State;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>The settings of a site no longer have the clouds that its database has: nothing is lost without a word.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ChangedCloudsTests
{
    [Theory]
    [InlineData(null, "The settings have no cloud west")]
    [InlineData("fake", "In the settings the cloud west is of kind fake, not embedded")]
    public async Task A_controller_does_not_start_without_a_cloud_that_has_vms_and_loses_none(string? kind, string problem)
    {
        await using var site = await TestSite.StartAsync(null, settings => Desks(settings, "embedded"));
        await site.UploadAsync("tiny");
        var vm = await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "west" });
        var refused = await Assert.ThrowsAsync<CannotStartException>(() => site.RestartAsync(settings => Desks(settings, kind)));
        Assert.Equal(
            $"{problem}, and the database holds records of it (1 vm): have a section [Cloud.west] with Kind = embedded. To remove the "
                + "cloud with its VMs and their disks for ever, start once with --forget-cloud west.",
            refused.Message);

        await site.RestartAsync(settings => Desks(settings, "embedded"));
        Assert.Equal(vm.Id, Assert.Single(await site.Admin.VmsAsync()).Id);
    }

    [Fact]
    public async Task A_cloud_that_the_operator_forgets_is_gone_and_its_nodes_belong_to_the_cloud_that_the_settings_give_them()
    {
        await using var site = await TestSite.StartAsync(null, settings => Desks(settings, "embedded"));
        await site.UploadAsync("tiny");
        await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "west" });
        await site.Admin.CreateVmAsync(new NewVm { Name = "kept", Image = "tiny", Cloud = "desks" });
        await using var node = await site.EnrolAsync("west-1");
        await site.RestartAsync(settings =>
        {
            Desks(settings, null);
            settings.ForgetCloud = "west";
        });
        Assert.Equal("kept", Assert.Single(await site.Admin.VmsAsync()).Name);
        Assert.Equal("desks", (await site.Admin.NodeAsync("west-1")).Cloud);

        await site.RestartAsync(settings => Desks(settings, null));
        Assert.Equal("desks", (await site.Admin.NodeAsync("west-1")).Cloud);
        var unknown = await Assert.ThrowsAsync<CannotStartException>(() => site.RestartAsync(settings =>
        {
            Desks(settings, null);
            settings.ForgetCloud = "west";
        }));
        Assert.Equal("--forget-cloud is 'west', but the database has no cloud of that name.", unknown.Message);
    }

    [Fact]
    public async Task A_cloud_without_records_whose_nodes_are_all_revoked_can_be_left_out()
    {
        await using var site = await TestSite.StartAsync(null, settings => Desks(settings, "fake"));
        await using var node = await site.EnrolAsync("west-1");
        await site.Admin.RevokeNodeAsync("west-1");
        await site.RestartAsync(settings => Desks(settings, null));
        Assert.Equal(("west-1", "west"), (Assert.Single(await site.Admin.NodesAsync()) is var one ? (one.Id, one.Cloud) : default));
    }

    [Fact]
    public async Task A_start_that_is_refused_gives_no_node_a_cloud()
    {
        await using var site = await TestSite.StartAsync(null, _ => { });
        await using var first = await site.EnrolAsync("a-1");
        await using var second = await site.EnrolAsync("b-1");
        await using (var context = site.Parts.GetRequiredService<IDbContextFactory<SiteDbContext>>().CreateDbContext())
        {
            // As a version with one cloud leaves them.
            await context.Database.ExecuteSqlRawAsync("UPDATE nodes SET Cloud = ''; DELETE FROM clouds;");
        }

        await Assert.ThrowsAsync<CannotStartException>(
            () => site.RestartAsync(settings => settings.AddCloud("wrong", CloudCatalog.Find("embedded")!).Nodes = "a-*"));
        await site.RestartAsync(settings => settings.AddCloud("right", CloudCatalog.Find("embedded")!));
        Assert.All(await site.Admin.NodesAsync(), node => Assert.Equal("right", node.Cloud));
    }

    [Fact]
    public async Task A_node_of_a_version_with_one_cloud_stays_in_that_cloud_whatever_the_patterns_are()
    {
        await using var site = await TestSite.StartAsync(null, settings =>
        {
            FormerSite(settings.Controller.State);
            settings.AddCloud("embedded", CloudCatalog.Find("embedded")!);
            settings.AddCloud("lab", CloudCatalog.Find("fake")!).Nodes = "pc-*";
        });
        Assert.Equal("embedded", (await site.Admin.NodeAsync("pc-1")).Cloud);
        Assert.Contains("job", (await site.Admin.VmsAsync()).Select(vm => vm.Name));
    }

    [Fact]
    public async Task A_site_of_a_version_with_one_cloud_does_not_start_under_another_name_of_it()
    {
        var refused = await Assert.ThrowsAsync<CannotStartException>(() => TestSite.StartAsync(null, settings =>
        {
            FormerSite(settings.Controller.State);
            settings.AddCloud("desks", CloudCatalog.Find("embedded")!);
        }));
        Assert.Contains("have a section [Cloud.embedded] with Kind = embedded.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_desktop_that_enrols_again_is_in_the_cloud_that_lists_its_name()
    {
        await using var site = await TestSite.StartAsync(null, settings =>
        {
            settings.AddCloud("lab", CloudCatalog.Find("fake")!).Nodes = "pc-7";
            settings.AddCloud("desks", CloudCatalog.Find("embedded")!);
        });
        await using var first = await site.EnrolAsync("pc-7");
        await site.Admin.RevokeNodeAsync("pc-7");
        await using var again = await site.EnrolAsync("pc-7");
        Assert.Equal(("pc-7-2", "lab"), (again.Id, (await site.Admin.NodeAsync(again.Id)).Cloud));
    }

    [Fact]
    public async Task A_name_means_the_vm_that_has_not_ended()
    {
        await using var site = await TestSite.StartAsync(null, settings => Desks(settings, "embedded"));
        await site.UploadAsync("tiny");
        var ended = await site.Admin.CreateVmAsync(
            new NewVm { Name = "job", Image = "tiny", MemoryMiB = 256, Policy = "terminate", Cloud = "west" });
        await using var agent = await site.EnrolAsync("west-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await agent.PlanAsync(plan => plan.Guests.Count > 0);
        await agent.ReportGuestAsync(ended.Id, "Running");
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await agent.PlanAsync(plan => plan.Guests.Any(guest => guest.Wish == "Gone"));
        await agent.ReportAsync(report => report.Guests.Clear());
        await site.VmAsync(ended.Id, VmStatus.Terminated);
        var lives = await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "desks" });
        Assert.Equal(lives.Id, (await site.Admin.VmAsync("job")).Id);
    }

    private static void Desks(ControllerSettings settings, string? west)
    {
        settings.AddCloud("desks", CloudCatalog.Find("embedded")!);
        if (west is not null) settings.AddCloud("west", CloudCatalog.Find(west)!).Nodes = "west-*";
    }

    private static void FormerSite(string folder)
    {
        using var state = new StateFolder(folder);
        var contexts = StoreUpgradeTests.Open(state).Contexts;
        StoreUpgradeTests.FillAsync(contexts).GetAwaiter().GetResult();
        using (var context = contexts.CreateDbContext()) context.Database.ExecuteSqlRaw("DELETE FROM evicted_servers");
        SqliteConnection.ClearAllPools();
    }
}
