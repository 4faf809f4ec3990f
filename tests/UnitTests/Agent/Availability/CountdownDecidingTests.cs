using Opportunism.Agent.Conditions;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Xunit;
using static Opportunism.UnitTests.Agent.Availability.DecidingSite;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>The seconds before a node lends, in which its guests are loaded, as the deciding thread sees them.</summary>
public sealed class CountdownDecidingTests
{
    private static readonly TimeSpan Before = Times.IdleFor - Countdown.Longest, Moment = TimeSpan.FromTicks(1);

    [Fact]
    public async Task The_countdown_begins_and_ends_to_the_tick()
    {
        await using var site = await SuspendedAsync();
        site.Pass(Before - Moment);
        Assert.False(site.Shown.MayLoad);
        site.Pass(Moment);
        Assert.True(site.Shown is { MayLoad: true, State: NodeState.InUse });
        site.Pass(Countdown.Longest - Moment);
        Assert.True(site.Shown is { MayLoad: true, State: NodeState.InUse });
        site.Pass(Moment);
        Assert.True(site.Shown is { MayLoad: false, State: NodeState.Available });
        Assert.False(site.Guests.Frozen);
    }

    [Fact]
    public async Task Activity_in_the_countdown_wakes_the_deciding_thread_which_stops_what_is_loaded_at_once()
    {
        await using var site = await SuspendedAsync();
        site.Pass(Before);
        Assert.True(site.Shown.MayLoad);
        site.Guests.ThawAll(); // as the hypervisor does to load
        var wakes = site.Wakes;
        site.Monitor.Sink.Seen();
        Assert.Equal(wakes + 1, site.Wakes);
        site.Loop.Step();
        Assert.True(site.Guests.Frozen, "The guests were not frozen.");
        Assert.True(site.Shown is { MayLoad: false, State: NodeState.InUse });

        // From here on a busy mouse wakes no thread.
        wakes = site.Wakes;
        site.Monitor.Sink.Seen();
        Assert.Equal(wakes, site.Wakes);
    }

    [Fact]
    public async Task A_node_without_guests_to_load_is_not_woken_for_them()
    {
        await using var site = await MakeAsync();
        site.Pass(Times.IdleFor - TimeSpan.FromSeconds(1));
        Assert.False(site.Shown.MayLoad);
        var wakes = site.Wakes;
        site.Monitor.Sink.Seen();
        Assert.Equal(wakes, site.Wakes);

        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended));
        site.Plan.Set(PlanOf(GuestWish.Stopped));
        site.Pass(Times.IdleFor - TimeSpan.FromSeconds(1));
        Assert.False(site.Shown.MayLoad);
        site.Plan.Set(PlanOf(GuestWish.Running));
        site.Loop.Step();
        Assert.True(site.Shown.MayLoad);
    }

    [Fact]
    public async Task A_condition_that_fails_ends_the_countdown()
    {
        await using var site = await SuspendedAsync();
        site.Pass(Before);
        Assert.True(site.Shown.MayLoad);
        site.Guests.ThawAll();
        site.AvailableMiB = 1200; // enough without the guest, too little beside it
        site.Pass(ICondition.SampledEvery);
        Assert.True(site.Shown is { MayLoad: false, State: NodeState.InUse } && site.Guests.Frozen);
    }

    [Fact]
    public async Task The_memory_that_a_loaded_guest_has_taken_is_not_asked_for_again()
    {
        await using var site = await SuspendedAsync();
        site.AvailableMiB = 1600; // 1024 for the guest, 512 beside it
        site.Pass(Before);
        Assert.True(site.Shown.MayLoad);
        site.AvailableMiB -= 1024;
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended) with { IsLoading = true });
        site.Loop.Reconsider();
        site.Pass(ICondition.SampledEvery / 2);
        Assert.True(site.Shown.MayLoad);
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended) with { IsLoaded = true });
        site.Loop.Reconsider();
        site.Pass(Countdown.Longest);
        Assert.Equal(NodeState.Available, site.Shown.State);
    }

    [Fact]
    public async Task A_frozen_node_counts_down_too_and_activity_leaves_held_guests_to_be_saved()
    {
        await using var site = await SuspendedAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended), FakeGuests.Guest(2, GuestPhase.Running));
        site.Pass(Times.IdleFor);
        site.Monitor.Sink.Seen();
        site.Loop.Step();
        Assert.Equal(NodeState.Frozen, site.Shown.State);
        site.Guests.ThawAll(); // held now
        site.Pass(Times.ThawAfter - Countdown.Longest);
        Assert.True(site.Shown is { State: NodeState.Frozen, MayLoad: true });
        site.Monitor.Sink.Seen();
        site.Loop.Step();
        Assert.True(site.Shown is { State: NodeState.Frozen, MayLoad: false });
        Assert.False(site.Guests.Frozen, "QEMU must answer to save the guest that is held.");
    }

    private static async Task<DecidingSite> SuspendedAsync()
    {
        var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended));
        site.Plan.Set(PlanOf(GuestWish.Running));
        return site;
    }

    private static NodePlan PlanOf(GuestWish wish)
    {
        var guest = new GuestPlan { GuestId = FakeGuests.Guest(1, default).Id.Value, Wish = wish.ToString() };
        return new() { Version = 1, Guests = { guest } };
    }
}
