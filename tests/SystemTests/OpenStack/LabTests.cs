using System.Net;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>What a lab is to people, with Debian's OpenStack and real guests.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
public sealed class LabTests(SharedLab shared)
{
    [LabFact]
    public async Task It_listens_on_loopback_only_shows_no_secret_and_is_not_changed_by_another_up()
    {
        var lab = shared.Lab;
        var status = await lab.StatusAsync(expected: 0);
        Assert.NotEmpty(lab.Listeners());
        Assert.All(lab.Listeners(), end => Assert.True(IPAddress.IsLoopback(end.Address), $"{end} can be reached from outside."));
        Assert.Empty(lab.SecretsSeen());
        await lab.UpAsync(SharedLab.Hosts);
        Assert.Equal(status.ToString(), (await lab.StatusAsync(expected: 0)).ToString());
    }

    [LabFact]
    public async Task It_runs_servers_on_each_kind_of_host_and_has_them_still_after_down_and_up()
    {
        var lab = shared.Lab;
        using var tenant = await lab.LogInAsync("tenant", "tenant");
        var real = (string)(await RealLab.BuildAsync(tenant, "real", "libvirt"))["id"]!;
        var imagined = (string)(await RealLab.BuildAsync(tenant, "imagined", "fake"))["id"]!;
        var begun = await RealLab.UntilAsync(
            "the console counts", () => RealLab.ConsoleAsync(tenant, real), text => LabConsole.Ticks(text).Count > 3, text => text);
        var ticks = await RealLab.UntilAsync(
            "the console counts on", () => RealLab.ConsoleAsync(tenant, real),
            text => LabConsole.Ticks(text).Count > LabConsole.Ticks(begun).Count + 3, text => text);
        Assert.Equal(Enumerable.Range(0, LabConsole.Ticks(ticks).Count), LabConsole.Ticks(ticks));

        // 1. The credential of a controller does what a controller does, and no more.
        await ActAsControllerAsync(lab, real, imagined);

        // 2. The guest hears its power button: Nova would wait a minute for one that does not.
        var asked = TimeProvider.System.GetTimestamp();
        await tenant.PostAsync(new(tenant.Nova, $"servers/{real}/action"), new() { ["os-stop"] = null }, CancellationToken.None);
        await RealLab.UntilStatusAsync(tenant, real, "SHUTOFF");
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(45));
        await tenant.PostAsync(new(tenant.Nova, $"servers/{real}/action"), new() { ["os-start"] = null }, CancellationToken.None);
        await RealLab.UntilStatusAsync(tenant, real, "ACTIVE");

        // 3. Down ends the guest too and leaves the disk: it is there when the lab is up again.
        await lab.SayAsync(0, "down");
        Assert.Equal([lab.Place.State], lab.Traces());
        await lab.UpAsync(SharedLab.Hosts);
        using var again = await lab.LogInAsync("tenant", "tenant");
        await RealLab.UntilStatusAsync(again, real, "SHUTOFF");
        foreach (var server in new[] { real, imagined }) await RealLab.DeleteAsync(again, server);
    }

    private static async Task ActAsControllerAsync(RealLab lab, string real, string imagined)
    {
        using var controller = await lab.LogInAsControllerAsync();
        var seen =
            (await controller.GetAsync(new(controller.Nova, "servers/detail?all_tenants=1"), CancellationToken.None))["servers"]!.AsArray();
        var placed = seen.ToDictionary(one => (string)one!["id"]!, one => (string)one!["OS-EXT-SRV-ATTR:host"]!);
        Assert.Equal(2, placed.Count);
        Assert.Contains(placed[real], new[] { "desktop-01", "desktop-02" });
        Assert.Contains(placed[imagined], new[] { "desktop-03", "desktop-04" });
        var service = (await LabHosts.OneAsync(controller, placed[imagined], CancellationToken.None))["id"]!;
        var address = new Uri(controller.Nova, $"os-services/{service}");
        await controller.PutAsync(
            address, new() { ["status"] = "disabled", ["disabled_reason"] = "opportunism: a test" }, CancellationToken.None);
        await controller.PutAsync(address, new() { ["status"] = "enabled" }, CancellationToken.None);
        foreach (var (action, status) in new[] { ("suspend", "SUSPENDED"), ("resume", "ACTIVE") })
        {
            await controller.PostAsync(new(controller.Nova, $"servers/{real}/action"), new() { [action] = null }, CancellationToken.None);
            await RealLab.UntilStatusAsync(controller, real, status);
        }

        var agent = (
            await controller.GetAsync(
                new(controller.Neutron, $"agents?host={placed[imagined]}"), CancellationToken.None))["agents"]!.AsArray()
            .Single()!["id"]!;
        foreach (var up in new[] { false, true })
            await controller.PutAsync(
                new(controller.Neutron, $"agents/{agent}"), new() { ["agent"] = new JsonObject { ["admin_state_up"] = up } },
                CancellationToken.None);
        var refusal =
            await Assert.ThrowsAsync<LabRefusal>(() => controller.GetAsync(new(controller.Nova, "os-aggregates"), CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
    }
}
