using System.Runtime.Versioning;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>Days of desktops that are Nova's compute hosts: real agents, real
/// X displays, a real controller, Debian's OpenStack, real guests.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
public sealed class CloudDayTests(SharedLab shared)
{
    [LabFact]
    public async Task Servers_of_every_policy_leave_as_it_says_and_come_back_with_nothing_lost()
    {
        await using var cloud = await CloudSite.StartAsync(shared.Lab);
        var first = await cloud.AddDesktopAsync("desktop-01");
        var second = await cloud.AddDesktopAsync("desktop-02");
        string suspended, paused, stopped, shelved, terminated;
        int suspendedAt, pausedAt, stoppedAt;

        await using var secondOwner = second.OwnerStays();
        await cloud.Site.UntilStateAsync(second, "InUse");
        await cloud.UntilHostAsync("desktop-01", open: true);
        await cloud.UntilHostAsync("desktop-02", open: false);

        // 1. Quiet: everything lands on the open host, since the other one's owner is there.
        suspended = await cloud.CreateAsync("suspended");
        paused = await cloud.CreateAsync("paused", "pause");
        stopped = await cloud.CreateAsync("stopped", "stop");
        shelved = await cloud.CreateAsync("shelved", "shelve");
        terminated = await cloud.CreateAsync("terminated", "terminate");
        string[] all = [suspended, paused, stopped, shelved, terminated];
        await cloud.UntilAsync([.. all.Select(server => (server, "ACTIVE"))]);
        foreach (var server in all) Assert.Equal("desktop-01", await cloud.HostOfAsync(server));
        await cloud.UntilTickAsync(3, all);

        await using (first.OwnerStays())
        {
            // 2. Closed at once, with a reason that people can read; nothing lands there any more, nor on the other.
            await cloud.UntilHostAsync("desktop-01", open: false);
            Assert.Equal("opportunism: the owner was seen by x11", (await cloud.HostAsync("desktop-01")).Reason);
            foreach (var imagined in new[] { "desktop-03", "desktop-04" }) await cloud.DisableByHandAsync(imagined);
            await cloud.UntilAsync((await cloud.CreateAsync("homeless", zone: null), "ERROR"));
            suspendedAt = await cloud.LastTickAsync(suspended);
            pausedAt = await cloud.LastTickAsync(paused);
            stoppedAt = await cloud.LastTickAsync(stopped);

            // 3. The owner stays: each leaves as its policy says, and the paused one, which stays, keeps nobody from noticing.
            await cloud.UntilAsync(
                (suspended, "SUSPENDED"), (paused, "PAUSED"), (terminated, "GONE"), (stopped, "SHUTOFF"), (shelved, "SHELVED_OFFLOADED"));
            await cloud.Site.UntilStateAsync(first, "InUse");
            var guest = Assert.Single((await first.StatusAsync()).Guests);
            Assert.Equal((Guid.Parse(paused).ToString("N"), "Held"), (guest.Id, guest.Phase));

            // 4. Another desktop is free: the shelved server moves there and boots from its disk.
            await secondOwner.DisposeAsync();
            await cloud.UntilAsync((shelved, "ACTIVE"));
            Assert.Equal("desktop-02", await cloud.HostOfAsync(shelved));
            await cloud.UntilTickAsync(2, shelved);
            Assert.InRange(LabConsole.OnDisk(await RealLab.ConsoleAsync(cloud.Tenant, shelved)) ?? -1, 3, 1000);
        }

        // 5. The owner leaves: what was suspended and paused goes on where it was, what was stopped boots from its disk.
        await cloud.UntilHostAsync("desktop-01", open: true);
        await cloud.UntilAsync((suspended, "ACTIVE"), (paused, "ACTIVE"), (stopped, "ACTIVE"));
        await cloud.UntilGoesOnAsync(suspended, suspendedAt);
        await cloud.UntilGoesOnAsync(paused, pausedAt);

        // It was let run to shut down, so it may have counted a little further.
        await cloud.UntilAsync(
            "the stopped server has booted", async () => LabConsole.OnDisk(await RealLab.ConsoleAsync(cloud.Tenant, stopped)) is not null);
        Assert.InRange(LabConsole.OnDisk(await RealLab.ConsoleAsync(cloud.Tenant, stopped))!.Value, stoppedAt, stoppedAt + 30);
        foreach (var server in new[] { suspended, paused, stopped }) Assert.Equal("desktop-01", await cloud.HostOfAsync(server));

        // 6. No mark of ours is left.
        await cloud.UntilAsync("the marks are gone", async () =>
        {
            foreach (var server in new[] { suspended, paused, stopped, shelved })
            {
                if ((await cloud.ServerAsync(server))!["metadata"]!.AsObject().ContainsKey("opportunism.evicted")) return false;
            }

            return true;
        });
    }
}
