using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Server;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>A site with several clouds: which node belongs to which, and that none does another's work.</summary>
public sealed class SeveralCloudsTests
{
    [Fact]
    public async Task A_node_belongs_to_the_cloud_of_its_token_else_to_the_one_that_its_name_fits_else_to_the_rest_and_keeps_it()
    {
        await using var site = await TestSite.StartAsync(null, DesksAndLab);
        await using var byName = await site.EnrolAsync("lab-1");
        await using var rest = await site.EnrolAsync("pc-1");
        await using var byToken = await EnrolAsync(site, "pc-2", "lab");
        await using var againstName = await EnrolAsync(site, "lab-2", "desks");
        (string, string)[] expected = [("lab-1", "lab"), ("lab-2", "desks"), ("pc-1", "desks"), ("pc-2", "lab")];
        Assert.Equal(expected, (await site.Admin.NodesAsync()).Select(node => (node.Id, node.Cloud)));
        Assert.Equal(["desks", "lab"], (await site.Admin.StatusAsync()).Clouds);

        // Other patterns move no node that is enrolled.
        await site.RestartAsync(settings =>
        {
            settings.AddCloud("desks", CloudCatalog.Find("embedded")!).Nodes = "lab-*";
            settings.AddCloud("lab", CloudCatalog.Find("fake")!);
        });
        Assert.Equal(expected, (await site.Admin.NodesAsync()).Select(node => (node.Id, node.Cloud)));
        await using var later = await site.EnrolAsync("lab-3");
        Assert.Equal("desks", (await site.Admin.NodeAsync("lab-3")).Cloud);
    }

    [Theory]
    [InlineData("embedded", "suspend")]
    [InlineData("fake-guests", "terminate")]
    public async Task Clouds_with_different_roles_work_side_by_side_and_a_vm_is_placed_on_a_node_of_its_own_cloud_only(
        string kind, string policy)
    {
        await using var site = await TestSite.StartAsync(null, settings => DesksAndLab(settings, kind));
        var lab = (FakeCloud)site.Parts.GetRequiredService<SiteClouds>().Of("lab").Hosts;
        await using var labNode = await site.EnrolAsync("lab-1");
        await labNode.ConnectAsync();
        await site.UploadAsync("tiny");
        var vm = await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", MemoryMiB = 256, Policy = policy });
        Assert.Equal("desks", vm.Cloud);
        await labNode.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "lab-1");
        await labNode.ReportAsync();
        Assert.Equal((VmStatus.Waiting, null), ((await site.Admin.VmAsync("job")).Status, (await site.Admin.VmAsync("job")).Node));
        Assert.Empty(labNode.Plan.Guests);

        await using var desk = await site.EnrolAsync("pc-1");
        await desk.ConnectAsync();
        await desk.ReportAsync(report => report.State = NodeStateKind.Available);
        await desk.PlanAsync(plan => plan.Guests.Any(guest => guest.GuestId == vm.Id));
        await desk.ReportGuestAsync(vm.Id, "Running");

        // The owner of the lab's node stays: its cloud gets its guest off it, the other cloud's VM runs on.
        var guest = GuestId.New();
        lab.Put(NodeId.Parse("lab-1"), guest, CloudGuestState.Here);
        await labNode.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await site.EventAsync("cloud.evict", guest.Value);
        Assert.Contains("close lab-1", lab.Calls);
        Assert.DoesNotContain(lab.Calls, call => call.Contains("pc-1", StringComparison.Ordinal));
        Assert.Equal((VmStatus.Running, "pc-1"), ((await site.Admin.VmAsync("job")).Status, (await site.Admin.VmAsync("job")).Node));
        Assert.True((await site.Admin.NodeAsync("pc-1")).Open);
    }

    [Fact]
    public async Task Two_clouds_of_one_kind_keep_their_vms_apart_over_a_restart()
    {
        await using var site = await TestSite.StartAsync(null, settings =>
        {
            settings.AddCloud("east", CloudCatalog.Find("embedded")!).Nodes = "east-*";
            settings.AddCloud("west", CloudCatalog.Find("embedded")!).Nodes = "west-*";
        });
        await site.UploadAsync("tiny");
        var refused = await Assert.ThrowsAsync<SiteException>(() => site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny" }));
        Assert.Equal("Several clouds of this site create VMs: east, west. Name one (--cloud).", refused.Message);
        refused = await Assert.ThrowsAsync<SiteException>(
            () => site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "north" }));
        Assert.Equal("The cloud (--cloud) is 'north'; allowed are east, west.", refused.Message);
        var east = await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "east" });
        var west = await site.Admin.CreateVmAsync(new NewVm { Name = "job", Image = "tiny", Cloud = "west" });
        await using var node = await site.EnrolAsync("west-1");
        await node.ConnectAsync();
        await node.ReportAsync(report => report.State = NodeStateKind.Available);
        await node.PlanAsync(plan => plan.Guests.Count > 0);
        await node.ReportGuestAsync(west.Id, "Running");

        await site.RestartAsync();
        Assert.Equal(
            [("east", VmStatus.Waiting), ("west", VmStatus.Running)],
            (await site.Admin.VmsAsync()).Select(vm => (vm.Cloud, vm.Status)).Order());
        Assert.Equal(2, Assert.Single(await site.Admin.ImagesAsync()).Vms);
        refused = await Assert.ThrowsAsync<SiteException>(() => site.Admin.DeleteVmAsync("job"));
        Assert.Contains(
            $"Several VMs are named 'job': {east.Id} in east, {west.Id} in west. Use an id.", refused.Message, StringComparison.Ordinal);
        await site.Admin.DeleteVmAsync(east.Id);
        Assert.Equal(west.Id, Assert.Single(await site.Admin.VmsAsync()).Id);
    }

    [Fact]
    public async Task A_node_that_no_cloud_takes_cannot_enrol_and_uses_up_no_token()
    {
        await using var site =
            await TestSite.StartAsync(null, settings => settings.AddCloud("lab", CloudCatalog.Find("fake")!).Nodes = "lab-*");
        var minted = await site.Admin.CreateJoinTokenAsync(new NewJoinToken());
        var refused = await Assert.ThrowsAsync<RpcException>(() => FakeAgent.EnrolAsync(site, minted.Token, "pc-1"));
        Assert.Equal(
            (StatusCode.FailedPrecondition, "no cloud of this site takes a node named pc-1; ask for a join token that names one"),
            (refused.StatusCode, refused.Status.Detail));
        await using var fits = await FakeAgent.EnrolAsync(site, minted.Token, "lab-1");
        var unknown = await Assert.ThrowsAsync<SiteException>(() => site.Admin.CreateJoinTokenAsync(new NewJoinToken { Cloud = "desks" }));
        Assert.Equal("The cloud (--cloud) is 'desks'; allowed are lab.", unknown.Message);
    }

    [Fact]
    public async Task A_controller_does_not_start_without_the_cloud_of_a_node()
    {
        await using var site = await TestSite.StartAsync(null, DesksAndLab);
        await using var node = await site.EnrolAsync("pc-1");
        var refused = await Assert.ThrowsAsync<CannotStartException>(
            () => site.RestartAsync(settings => settings.AddCloud("lab", CloudCatalog.Find("fake")!)));
        Assert.StartsWith(
            "Node pc-1 belongs to the cloud desks, but the settings have only lab: add a section [Cloud.desks], or", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_without_a_cloud_that_creates_vms_says_which_clouds_it_has()
    {
        await using var site = await TestSite.StartAsync(null, settings => settings.AddCloud("lab", CloudCatalog.Find("fake")!));
        var refused = await Assert.ThrowsAsync<SiteException>(() => site.Admin.VmsAsync());
        Assert.Equal("No cloud of this site (lab) creates VMs here; use that cloud's own API.", refused.Message);
    }

    private static void DesksAndLab(ControllerSettings settings) => DesksAndLab(settings, "embedded");

    private static void DesksAndLab(ControllerSettings settings, string kind)
    {
        settings.AddCloud("desks", CloudCatalog.Find(kind)!);
        settings.AddCloud("lab", CloudCatalog.Find("fake")!).Nodes = "lab-*";
    }

    private static async Task<FakeAgent> EnrolAsync(TestSite site, string name, string cloud) =>
        await FakeAgent.EnrolAsync(site, (await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Cloud = cloud })).Token, name);
}
