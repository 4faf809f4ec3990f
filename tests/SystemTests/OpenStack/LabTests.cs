using System.Net;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Opportunism.Cli.Lab;
using Opportunism.SystemTests.Days;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>The whole way of a lab, with Debian's OpenStack and real guests.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed partial class LabTests
{
    private const string Hosts = "desktop-01=libvirt,desktop-02=fake";

    // Explicit: it needs Debian 12 and 400 packages, which 'lab up' installs and other tests do not need.
    [Fact(Explicit = true)]
    public async Task A_lab_interrupted_and_repeated_runs_servers_on_each_kind_of_host_and_leaves_nothing()
    {
        var lab = new RealLab(firstPort: 26100);
        Assert.Empty(lab.Traces());
        await using (lab)
        {
            // 1. Killed in the middle, a second up makes a whole lab of what it finds.
            await using (var first = lab.BeginUp(Hosts))
            {
                await RealLab.UntilAsync("Keystone has its tables", () => Task.FromResult(first.Said), said => said.Contains("Keystone has its tables", StringComparison.Ordinal) || first.HasExited, said => said);
                Assert.False(first.HasExited, first.Said);
                first.Kill();
            }

            await lab.StatusAsync(expected: 1);
            await lab.UpAsync(Hosts);
            var status = await lab.StatusAsync(expected: 0);
            Assert.NotEmpty(lab.Listeners());
            Assert.All(lab.Listeners(), end => Assert.True(IPAddress.IsLoopback(end.Address), $"{end} can be reached from outside."));

            Assert.Empty(lab.SecretsSeen());

            // 2. A third changes nothing: every program is the process it was.
            await lab.UpAsync(Hosts);
            Assert.Equal(status.ToString(), (await lab.StatusAsync(expected: 0)).ToString());

            // 3. A tenant's servers on each kind of host; the real one counts on its console.
            using var tenant = await lab.LogInAsync("tenant", "tenant");
            var real = (string)(await RealLab.BuildAsync(tenant, "real", "libvirt"))["id"]!;
            var imagined = (string)(await RealLab.BuildAsync(tenant, "imagined", "fake"))["id"]!;
            var begun = await RealLab.UntilAsync("the console counts", () => RealLab.ConsoleAsync(tenant, real), text => Ticks(text).Count > 3, text => text);
            var ticks = await RealLab.UntilAsync("the console counts on", () => RealLab.ConsoleAsync(tenant, real), text => Ticks(text).Count > Ticks(begun).Count + 3, text => text);
            Assert.Equal(Enumerable.Range(0, Ticks(ticks).Count), Ticks(ticks));

            // 4. The credential of a controller does what a controller does, and no more.
            await ActAsControllerAsync(lab, real, imagined);

            // 5. The guest hears its power button: Nova would wait a minute for one that does not.
            var asked = TimeProvider.System.GetTimestamp();
            await tenant.PostAsync(new(tenant.Nova, $"servers/{real}/action"), new() { ["os-stop"] = null }, CancellationToken.None);
            await RealLab.UntilStatusAsync(tenant, real, "SHUTOFF");
            Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(45));
            await tenant.PostAsync(new(tenant.Nova, $"servers/{real}/action"), new() { ["os-start"] = null }, CancellationToken.None);
            await RealLab.UntilStatusAsync(tenant, real, "ACTIVE");

            // 6. Down ends the guest too and leaves the disk: it is there when the lab is up again.
            await lab.SayAsync(0, "down");
            Assert.Equal([lab.Place.State], lab.Traces());
            await lab.UpAsync(Hosts);
            using var again = await lab.LogInAsync("tenant", "tenant");
            await RealLab.UntilStatusAsync(again, real, "SHUTOFF");
            await lab.SayAsync(0, "down", "--wipe");
        }

        Assert.Empty(lab.Traces());
    }

    private static async Task ActAsControllerAsync(RealLab lab, string real, string imagined)
    {
        using var controller = await lab.LogInAsControllerAsync();
        var services = (await controller.GetAsync(new(controller.Nova, "os-services?binary=nova-compute"), CancellationToken.None))["services"]!.AsArray();
        var service = services.Single(one => (string?)one!["host"] == "desktop-02")!["id"]!;
        var address = new Uri(controller.Nova, $"os-services/{service}");
        await controller.PutAsync(address, new() { ["status"] = "disabled", ["disabled_reason"] = "opportunism: a test" }, CancellationToken.None);
        await controller.PutAsync(address, new() { ["status"] = "enabled" }, CancellationToken.None);
        var seen = (await controller.GetAsync(new(controller.Nova, "servers/detail?all_tenants=1"), CancellationToken.None))["servers"]!.AsArray();
        string[] placed = [$"{real} on desktop-01", $"{imagined} on desktop-02"];
        Assert.Equal(placed.Order(StringComparer.Ordinal), seen.Select(one => $"{one!["id"]} on {one["OS-EXT-SRV-ATTR:host"]}").Order(StringComparer.Ordinal));
        foreach (var (action, status) in new[] { ("suspend", "SUSPENDED"), ("resume", "ACTIVE") })
        {
            await controller.PostAsync(new(controller.Nova, $"servers/{real}/action"), new() { [action] = null }, CancellationToken.None);
            await RealLab.UntilStatusAsync(controller, real, status);
        }

        var agent = (await controller.GetAsync(new(controller.Neutron, "agents?host=desktop-02"), CancellationToken.None))["agents"]!.AsArray().Single()!["id"]!;
        foreach (var up in new[] { false, true }) await controller.PutAsync(new(controller.Neutron, $"agents/{agent}"), new() { ["agent"] = new JsonObject { ["admin_state_up"] = up } }, CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<LabRefusal>(() => controller.GetAsync(new(controller.Nova, "os-aggregates"), CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
    }

    private static List<int> Ticks(string console) => [.. Tick().Matches(console).Select(match => int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^tick (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Tick();
}
