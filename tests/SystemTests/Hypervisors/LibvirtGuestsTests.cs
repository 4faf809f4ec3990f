using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Domains of a real libvirtd, frozen, held and let go on as the agent does it.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtGuestsTests : LibvirtRun
{
    [Fact]
    public async Task A_domain_is_found_and_stands_still_by_one_write_to_its_cgroup()
    {
        var id = await TickingAsync();
        var guest = StatusOf(id);
        Assert.Equal((GuestPhase.Running, 128, 1), (guest.Phase, guest.Spec.MemoryMiB, guest.Spec.Vcpus));
        Assert.Equal(1, Guests.GuestsInMemory);

        Assert.True(Guests.Freezer.FreezeAll());
        await StandsStillAsync(id);
        var before = Site.ConsoleOf(id).Newest;
        Assert.True(Guests.Freezer.ThawAll());
        await TicksBeyondAsync(id, before + 1);

        await Site.MustAsync("destroy", LibvirtSite.UuidOf(id));
        await UntilAsync("no guest is in memory", () => Guests.GuestsInMemory == 0);
    }

    [Fact]
    public async Task A_held_domain_answers_libvirt_and_goes_on_without_losing_a_tick()
    {
        var id = await TickingAsync();
        for (var round = 0; round < 3; round++)
        {
            Guests.Freezer.FreezeAll();
            var used = Guests.Freezer.GuestCpuNanoseconds();
            await HoldAllAsync();
            var leaked = Guests.Freezer.GuestCpuNanoseconds() - used;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"held in {StatusOf(id).LastHold}, {leaked / 1e6:0.00} ms of CPU used meanwhile");
            Assert.Equal(GuestPhase.Held, StatusOf(id).Phase);
            Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
            // It answers: this one asks QEMU itself.
            await Site.MustAsync("qemu-monitor-command", LibvirtSite.UuidOf(id), "{\"execute\":\"query-status\"}");
            await StandsStillAsync(id);

            var before = Site.ConsoleOf(id).Newest;
            Assert.Equal(GuestOutcome.TryLater, (await Guests.ReleaseAsync(id, Cancelled)).Outcome);
            Guests.Freezer.ThawAll();
            AssertDone(await Guests.ReleaseAsync(id, Cancelled));
            Assert.Equal(GuestPhase.Running, StatusOf(id).Phase);
            AssertDone(await Guests.ReleaseAsync(id, Cancelled));
            await TicksBeyondAsync(id, before + 1);
        }
    }
}
