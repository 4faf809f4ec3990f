using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Domains of a real libvirtd, frozen, held and let go on as the agent does it.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtGuestsTests : IAsyncLifetime
{
    // Boot and ticks on a machine as loaded as a CI's.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly LibvirtSite site = new();
    private LibvirtGuests guests = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await site.StartAsync();
        guests = site.Make();
        await guests.RecoverAsync(Cancelled);
        guests.Freezer.ThawAll();
        await UntilAsync("libvirt is connected", () => guests.Health.All(item => item.Code != "guests.libvirt.unreachable"));
    }

    public async ValueTask DisposeAsync()
    {
        await guests.DisposeAsync();
        await site.DisposeAsync();
    }

    [Fact]
    public async Task A_domain_is_found_and_stands_still_by_one_write_to_its_cgroup()
    {
        var id = await site.StartDomainAsync();
        await TicksBeyondAsync(id, 0);
        var guest = StatusOf(id);
        Assert.Equal((GuestPhase.Running, 128, 1), (guest.Phase, guest.Spec.MemoryMiB, guest.Spec.Vcpus));
        Assert.Equal(1, guests.GuestsInMemory);

        Assert.True(guests.Freezer.FreezeAll());
        await StandsStillAsync(id);
        var before = site.ConsoleOf(id).Newest;
        Assert.True(guests.Freezer.ThawAll());
        await TicksBeyondAsync(id, before + 1);

        await site.MustAsync("destroy", LibvirtSite.UuidOf(id));
        await UntilAsync("no guest is in memory", () => guests.GuestsInMemory == 0);
    }

    [Fact]
    public async Task A_held_domain_answers_libvirt_and_goes_on_without_losing_a_tick()
    {
        var id = await site.StartDomainAsync();
        await TicksBeyondAsync(id, 0);
        for (var round = 0; round < 3; round++)
        {
            guests.Freezer.FreezeAll();
            var used = guests.Freezer.GuestCpuNanoseconds();
            AssertDone(await guests.HoldAllAsync(Cancelled));
            var leaked = guests.Freezer.GuestCpuNanoseconds() - used;
            TestContext.Current.TestOutputHelper?.WriteLine($"held in {StatusOf(id).LastHold}, {leaked / 1e6:0.00} ms of CPU used meanwhile");
            Assert.Equal(GuestPhase.Held, StatusOf(id).Phase);
            Assert.Equal("paused", await site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
            // It answers: this one asks QEMU itself.
            await site.MustAsync("qemu-monitor-command", LibvirtSite.UuidOf(id), "{\"execute\":\"query-status\"}");
            await StandsStillAsync(id);

            var before = site.ConsoleOf(id).Newest;
            Assert.Equal(GuestOutcome.TryLater, (await guests.ReleaseAsync(id, Cancelled)).Outcome);
            guests.Freezer.ThawAll();
            AssertDone(await guests.ReleaseAsync(id, Cancelled));
            Assert.Equal(GuestPhase.Running, StatusOf(id).Phase);
            AssertDone(await guests.ReleaseAsync(id, Cancelled));
            await TicksBeyondAsync(id, before + 1);
        }
    }

    private GuestStatus StatusOf(GuestId id) => guests.Guests.Single(guest => guest.Id == id);

    private Task TicksBeyondAsync(GuestId id, int tick) => UntilAsync($"guest {id} ticks beyond {tick}", () => site.ConsoleOf(id).Newest > tick);

    private async Task StandsStillAsync(GuestId id)
    {
        // What it had written before may still be on its way.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        var (tick, used) = (site.ConsoleOf(id).Newest, guests.Freezer.GuestCpuNanoseconds());
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System);
        Assert.Equal(tick, site.ConsoleOf(id).Newest);
        Assert.InRange(guests.Freezer.GuestCpuNanoseconds() - used, 0, 200_000_000);
    }

    private static async Task UntilAsync(string what, Func<bool> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"It never came about that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
}
