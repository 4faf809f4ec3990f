using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>Visits of an owner while something of the cloud, or the controller,
/// is not there: Debian's OpenStack, real programs killed, real guests.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
[Trait("Suite", "Long")]
public sealed class CloudTroubleTests(SharedLab shared)
{
    private const string Host = "desktop-01";

    [LabFact]
    public async Task A_build_that_was_under_way_leaves_too_and_what_a_tenant_suspended_is_left_alone()
    {
        await using var cloud = await CloudSite.StartAsync(shared.Lab);
        await cloud.DisableByHandAsync("desktop-02");
        var desktop = await cloud.AddDesktopAsync(Host);
        await cloud.UntilHostAsync(Host, open: true);
        var mine = await cloud.CreateAsync("mine");
        await cloud.UntilTickAsync(2, mine);
        await cloud.ActAsync(mine, "suspend");
        await cloud.UntilAsync((mine, "SUSPENDED"));

        var late = await cloud.CreateAsync("late");
        await cloud.UntilAsync((late, "BUILD/spawning"));
        await using (desktop.OwnerStays())
        {
            await cloud.UntilHostAsync(Host, open: false);
            await cloud.UntilAsync((late, "SUSPENDED"), (mine, "SUSPENDED"));
            await cloud.Site.UntilStateAsync(desktop, "InUse");
        }

        await cloud.UntilHostAsync(Host, open: true);
        await cloud.UntilAsync((late, "ACTIVE"), (mine, "SUSPENDED"));
        await cloud.UntilTickAsync(2, late);
        Assert.Equal(["suspend", "create"], await cloud.ActionsAsync(mine));
        Assert.Equal(["resume", "suspend", "create"], await cloud.ActionsAsync(late));
        await cloud.ActAsync(mine, "resume");
        await cloud.UntilAsync((mine, "ACTIVE"));
    }

    [LabFact]
    public async Task Whatever_fails_while_an_owner_is_there_every_server_goes_on_where_it_was_and_is_asked_once()
    {
        await using var cloud = await CloudSite.StartAsync(shared.Lab);
        await cloud.DisableByHandAsync("desktop-02");
        var desktop = await cloud.AddDesktopAsync(Host);
        await cloud.UntilHostAsync(Host, open: true);
        string[] servers = [await cloud.CreateAsync("one"), await cloud.CreateAsync("two")];
        await cloud.UntilTickAsync(2, servers);

        // 1. The controller is killed as soon as one server is on its way.
        await VisitAsync(cloud, desktop, servers, async () =>
        {
            await cloud.UntilAsync(
                "a server is leaving",
                async () => (await Task.WhenAll(servers.Select(cloud.StatusAsync))).Any(status => status != "ACTIVE"));
            cloud.Site.KillController();
            await cloud.Site.StartControllerAsync();
        });
        foreach (var server in servers) Assert.Equal(["resume", "suspend", "create"], await cloud.ActionsAsync(server));

        // 2. The desktop's nova-compute has ended.
        await shared.Lab.StopAsync($"{Host}.nova-compute");
        await VisitAsync(cloud, desktop, servers, async () =>
        {
            await cloud.Site.UntilStateAsync(desktop, "Evicting");
            await cloud.UntilAsync("the status says what waits", async () => (await cloud.Site.Client.StatusAsync()).Pending.Count > 0);
            await shared.Lab.UpAsync(SharedLab.Hosts);
        });

        // 3. Nova's programs cannot reach each other, and nobody gets a new token.
        foreach (var program in new[] { "rabbitmq", "keystone" }) await shared.Lab.StopAsync(program);
        await VisitAsync(
            cloud,
            desktop,
            servers,
            async () =>
            {
                await cloud.Site.UntilStateAsync(desktop, "Evicting");
                Assert.All((await desktop.StatusAsync()).Guests, guest => Assert.Equal("Held", guest.Phase));
                await shared.Lab.UpAsync(SharedLab.Hosts);
            },
            closedBefore: false);
        await cloud.UntilAllReportAgainAsync();
    }

    /// <summary>The owner comes, something happens, both servers leave, the owner goes, and both go on where they were.</summary>
    private static async Task VisitAsync(
        CloudSite cloud, RealDesktop desktop, string[] servers, Func<Task> trouble, bool closedBefore = true)
    {
        int[] last;
        await using (desktop.OwnerStays())
        {
            await cloud.Site.UntilAsync(
                "the guests stand still", async () => (await desktop.StatusAsync()).State is "Frozen" or "Evicting");
            if (closedBefore) await cloud.UntilHostAsync(Host, open: false);
            await trouble();
            await cloud.UntilHostAsync(Host, open: false);
            await cloud.UntilAsync([.. servers.Select(server => (server, "SUSPENDED"))]);
            last = [.. servers.Select(server => cloud.LastTickOnDisk(Host, server))];
        }

        await cloud.UntilHostAsync(Host, open: true);
        await cloud.UntilAsync([.. servers.Select(server => (server, "ACTIVE"))]);
        foreach (var (server, tick) in servers.Zip(last)) await cloud.UntilGoesOnAsync(server, tick);
    }
}
