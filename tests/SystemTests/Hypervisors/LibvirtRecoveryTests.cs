using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>The agent or libvirtd ends, hangs or comes back while domains run, are frozen or held.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtRecoveryTests : LibvirtRun
{
    [Fact]
    public async Task A_running_domain_is_found_by_the_next_agent_and_stands_still()
    {
        var id = await TickingAsync();
        await RestartAgentAsync();
        Assert.Equal(1, Guests.GuestsInMemory);
        await StandsStillAsync(id);
        await HoldAllAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(id).Phase);
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
    }

    [Fact]
    public async Task The_next_agent_knows_which_domains_it_had_held()
    {
        var (held, paused) = (await TickingAsync(), await TickingAsync());
        await Site.MustAsync("suspend", LibvirtSite.UuidOf(paused));
        await UntilAsync("the pause is seen", () => StatusOf(paused).PausedByOthers);
        await FreezeAndHoldAsync();
        await RestartAgentAsync();
        Assert.True(StatusOf(held) is { Phase: GuestPhase.Held, PausedByOthers: false });
        Assert.True(StatusOf(paused) is { Phase: GuestPhase.Held, PausedByOthers: true });
        await HoldAllAsync();
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(held, Site.ConsoleOf(held).Newest);
        Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(paused)));
    }

    [Fact]
    public async Task A_libvirtd_that_is_gone_delays_no_freeze_and_holds_once_it_is_back()
    {
        var id = await TickingAsync();
        await Site.Daemon.KillAsync();
        await UntilAsync("the node says so", () => Guests.Health.Any(item => item.Code == "guests.libvirt.unreachable"));
        Assert.True(Guests.Freezer.FreezeAll());
        await StandsStillAsync(id);
        Assert.Equal(GuestOutcome.TryLater, (await Guests.HoldAllAsync(Cancelled)).Outcome);
        await StandsStillAsync(id);

        await Site.Daemon.StartAsync();
        await ConnectedAsync();
        await HoldAllAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(id).Phase);
        await StandsStillAsync(id);
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
    }

    [Fact]
    public async Task A_libvirtd_that_restarts_leaves_held_domains_held()
    {
        var id = await TickingAsync();
        await FreezeAndHoldAsync();
        await Site.Daemon.KillAsync();
        await Site.Daemon.StartAsync();
        await UntilAsync(
            "the new one is connected",
            async () => (await Guests.HoldAllAsync(Cancelled)).IsDone && Guests.Health.All(item =>
                item.Code != "guests.libvirt.unreachable"));
        await StandsStillAsync(id);
        Assert.True(StatusOf(id) is { Phase: GuestPhase.Held, PausedByOthers: false });
        Guests.Freezer.ThawAll();
        await UntilAsync("it goes on", async () => (await Guests.ReleaseAsync(id, Cancelled)).IsDone);
        await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
    }

    [Fact]
    public async Task A_libvirtd_that_hangs_delays_no_freeze_and_no_thaw()
    {
        var id = await TickingAsync();
        Site.Daemon.Hang(true);
        try
        {
            Assert.True(Guests.Freezer.FreezeAll());
            await StandsStillAsync(id);
            Assert.Equal(GuestOutcome.TryLater, (await Guests.HoldAllAsync(Cancelled)).Outcome);
            await StandsStillAsync(id);
            // The owner leaves: nothing of libvirt is needed to let it go on.
            var before = Site.ConsoleOf(id).Newest;
            Guests.Freezer.ThawAll();
            await TicksBeyondAsync(id, before);
        }
        finally
        {
            Site.Daemon.Hang(false);
        }

        // What libvirt was asked for in vain it may do late; that too is undone.
        await ConnectedAsync();
        var last = Site.ConsoleOf(id).Newest;
        await UntilAsync("it runs for good", async () =>
        {
            await Guests.ReleaseAsync(id, Cancelled);
            return StatusOf(id).Phase == GuestPhase.Running && Site.ConsoleOf(id).Newest > last + 3;
        });
    }
}
