using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Linux;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What a cloud, a tenant or an accident does to a domain while its node's owner is there, on a real libvirtd.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtTrapsTests : LibvirtRun
{
    [Fact]
    public async Task A_reply_that_comes_after_its_caller_has_given_up_ends_only_the_request()
    {
        var id = await TickingAsync();
        using var connection = new LibvirtConnection(Site.Settings.Uri, () => { });
        await UntilAsync("connected", () => connection.IsOpen);
        Site.Daemon.Hang(true);
        var sent = connection.UntilCommandSentAsync(LibvirtSite.UuidOf(id), TimeSpan.FromMilliseconds(100), TimeProvider.System);
        await Assert.ThrowsAsync<TimeoutException>(
            () => sent.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancelled));
        Site.Daemon.Hang(false);
        Assert.False(await sent.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancelled));
    }

    [Fact]
    public async Task A_domain_that_its_tenant_has_paused_is_left_alone()
    {
        var (paused, other) = (await TickingAsync(), await TickingAsync());
        await Site.MustAsync("suspend", LibvirtSite.UuidOf(paused));
        await UntilAsync("the pause is seen", () => StatusOf(paused) is { Phase: GuestPhase.Held, PausedByOthers: true });

        await FreezeAndHoldAsync();
        Assert.True(StatusOf(paused).PausedByOthers);
        Assert.False(StatusOf(other).PausedByOthers);
        await ThawAndReleaseAsync();
        Assert.Equal(GuestOutcome.Refused, (await Guests.ReleaseAsync(paused, Cancelled)).Outcome);
        Assert.Equal("running", await Site.MustAsync("domstate", LibvirtSite.UuidOf(other)));
        Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(paused)));
    }

    [Fact]
    public async Task A_held_domain_that_its_cloud_saves_and_restores_comes_back_paused_and_is_let_go_on()
    {
        var id = await TickingAsync();
        await FreezeAndHoldAsync();
        var before = Site.ConsoleOf(id).Newest;
        // What Nova's suspend and resume do in libvirt.
        await Site.MustAsync("managedsave", LibvirtSite.UuidOf(id));
        await UntilAsync("it has left", () => Guests.GuestsInMemory == 0);
        await RestartAgentAsync();
        Guests.Freezer.ThawAll();
        await Site.MustAsync("start", LibvirtSite.UuidOf(id));
        Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
        await UntilAsync("it is back", () => Guests.Guests.Any(guest => guest is { Phase: GuestPhase.Held, PausedByOthers: false }));
        AssertDone(await Guests.ReleaseAsync(id, Cancelled));
        Assert.Equal("running", await Site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
        await TicksBeyondAsync(id, before + 1);
    }

    [Fact]
    public async Task A_domain_that_somebody_lets_go_on_while_the_owner_is_there_stands_still_at_once()
    {
        var id = await TickingAsync();
        await FreezeAndHoldAsync();
        var used = Guests.Freezer.GuestCpuNanoseconds();
        // Nova's unpause. It may wait for a QEMU that is frozen meanwhile, so its end is not waited for.
        var unpausing = Site.Daemon.VirshAsync("resume", LibvirtSite.UuidOf(id));
        await UntilAsync("it is frozen alone", () => StatusOf(id) is { Phase: GuestPhase.Running, Sentence.Length: > 0 });
        await HoldAllAsync();
        await unpausing;
        await UntilAsync("it is held", () => StatusOf(id) is { Phase: GuestPhase.Held, PausedByOthers: false });
        TestContext.Current.TestOutputHelper?.WriteLine($"{(Guests.Freezer.GuestCpuNanoseconds() - used) / 1e6:0.0} ms of CPU used");
        await StandsStillAsync(id);
    }

    [Fact]
    public async Task A_domain_that_starts_while_the_others_are_frozen_or_held_stands_still_too()
    {
        var first = await TickingAsync();
        Assert.True(Guests.Freezer.FreezeAll());
        // Its QEMU freezes while it starts, so the start ends only when it is held.
        var starting = Site.StartDomainAsync();
        await UntilAsync("it is found", () => Guests.GuestsInMemory == 2);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancelled);
        Assert.False(starting.IsCompleted);
        var second = await StartedStillAsync(starting);
        var third = await StartedStillAsync(Site.StartDomainAsync());
        await HoldAllAsync();
        foreach (var id in new[] { first, second, third })
        {
            Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
            Assert.True(Site.ConsoleOf(id).Newest < 0 || id == first, "It has run.");
        }

        await StandsStillAsync(first);
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(second, 1);
        await TicksBeyondAsync(third, 1);
    }

    [Fact]
    public async Task More_domains_than_libvirt_takes_requests_of_one_client_are_held()
    {
        // max_client_requests is 5.
        var ids = new List<GuestId>();
        for (var i = 0; i < 7; i++) ids.Add(await Site.StartDomainAsync());
        foreach (var id in ids) await TicksBeyondAsync(id, 0);
        Assert.True(Guests.Freezer.FreezeAll());
        // What a busy machine does not answer in time is asked for again; what waits for each other never comes to an end.
        await HoldAllAsync();
        Assert.All(ids, id => Assert.True(StatusOf(id) is { Phase: GuestPhase.Held, PausedByOthers: false }));
        foreach (var id in ids) Assert.Equal("paused", await Site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
        await ThawAndReleaseAsync();
        foreach (var id in ids) await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
    }

    [Fact]
    public async Task A_QEMU_that_does_not_answer_is_frozen_alone_and_keeps_nobody_waiting()
    {
        var (well, hung) = (await TickingAsync(), await TickingAsync());
        Assert.Equal(0, Libc.Kill(Site.PidOf(hung), Libc.SigStop));
        Guests.Freezer.FreezeAll();
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(GuestOutcome.TryLater, (await Guests.HoldAllAsync(Cancelled)).Outcome);
        // Generous: it is 1.3 s and a loaded machine.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        await UntilAsync("the other is held", async () =>
        {
            await Guests.HoldAllAsync(Cancelled);
            return StatusOf(well).Phase == GuestPhase.Held;
        });
        Assert.True(StatusOf(hung) is { Phase: GuestPhase.Running, Sentence.Length: > 0 });
        Assert.Contains(Guests.Health, item => item.Code == "guests.libvirt.not-held");

        Assert.Equal(0, Libc.Kill(Site.PidOf(hung), Libc.SigCont));
        await HoldAllAsync();
        await StandsStillAsync(hung);
        Assert.DoesNotContain(Guests.Health, item => item.Code == "guests.libvirt.not-held");
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(hung, Site.ConsoleOf(hung).Newest);
    }

    [Fact]
    public async Task A_held_domain_that_its_cloud_is_to_shut_down_may_run_until_it_has_done_so()
    {
        var (leaving, other) = (await TickingAsync(), await TickingAsync());
        await FreezeAndHoldAsync();
        AssertDone(await Guests.LetLeaveAsync(leaving, TimeSpan.FromSeconds(60), Cancelled));
        Assert.True(StatusOf(leaving) is { Phase: GuestPhase.Running, Leaving: true });
        // What a caretaker does again and again meanwhile.
        await HoldAllAsync();
        await TicksBeyondAsync(leaving, Site.ConsoleOf(leaving).Newest);
        // What Nova's stop does first.
        await Site.MustAsync("shutdown", LibvirtSite.UuidOf(leaving));
        await UntilAsync("it has left", () => Guests.Guests.All(guest => guest.Id != leaving));

        // Its process has ended; libvirt hears of it a moment later.
        await UntilAsync("libvirt calls it off", async () => await Site.MustAsync("domstate", LibvirtSite.UuidOf(leaving)) == "shut off");
        await StandsStillAsync(other);
    }

    [Fact]
    public async Task A_domain_that_does_not_shut_down_in_time_stands_still_again()
    {
        var id = await TickingAsync();
        await FreezeAndHoldAsync();
        AssertDone(await Guests.LetLeaveAsync(id, TimeSpan.FromSeconds(3), Cancelled));
        await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
        await UntilAsync("its time is over", () => !StatusOf(id).Leaving);
        await HoldAllAsync();
        await StandsStillAsync(id);
        await ThawAndReleaseAsync();
        await TicksBeyondAsync(id, Site.ConsoleOf(id).Newest);
    }

    [Fact]
    public async Task A_held_domain_does_not_shut_down_and_can_be_ended_at_once()
    {
        var id = await TickingAsync();
        await FreezeAndHoldAsync();
        // What Nova's stop does first: libvirt refuses it, and Nova goes on
        // trying until its own time limit. Only then does it end the domain.
        Assert.Null(await Site.Daemon.VirshAsync("shutdown", LibvirtSite.UuidOf(id)));
        await StandsStillAsync(id);
        Assert.Equal(1, Guests.GuestsInMemory);
        await Site.MustAsync("destroy", LibvirtSite.UuidOf(id));
        await UntilAsync("it has left", () => Guests.GuestsInMemory == 0);
    }
}
