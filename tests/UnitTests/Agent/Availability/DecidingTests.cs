using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Xunit;
using static Opportunism.UnitTests.Agent.Availability.DecidingSite;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>The deciding thread over hours of a desktop's life.</summary>
public sealed class DecidingTests
{
    /// <summary>As seen: an 8 GiB desktop with the default settings, 118
    /// suspensions and 230 GiB written in two hours with its owner away.</summary>
    [Theory]
    [InlineData(false, 10)] // by the pause alone
    [InlineData(true, 0)]
    public async Task Guests_that_do_not_fit_are_not_suspended_and_resumed_all_night(bool fits, int atMost)
    {
        await using var site = await MakeAsync(fits);
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended, 4096));
        site.Plan.Set(PlanOf(1, GuestWish.Running));
        var (suspensions, taken) = (0, 0.0);

        site.Pass(TimeSpan.FromHours(2), () =>
        {
            var phase = site.Guests.Guests[0].Phase;
            var next = (site.Loop.Now().State, phase) switch
            {
                (NodeState.Available, _) => GuestPhase.Running,
                (NodeState.Evicting, GuestPhase.Held) => GuestPhase.Suspended,
                (_, GuestPhase.Running) => GuestPhase.Held,
                _ => phase,
            };
            if (next == GuestPhase.Suspended && phase != next) suspensions++;
            // A guest takes its memory bit by bit.
            taken = next switch { GuestPhase.Suspended => 0, GuestPhase.Running => Math.Min(4096, taken + 1024), _ => taken };
            site.AvailableMiB = 4300 - taken;
            site.Guests.Set(FakeGuests.Guest(1, next, 4096));
            if (next != phase) site.Loop.Reconsider();
        });

        Assert.InRange(suspensions, fits ? 0 : 1, atMost);
    }

    [Theory]
    [InlineData(1, GuestWish.Running, true)]
    [InlineData(1, GuestWish.Stopped, false)]
    [InlineData(2, GuestWish.Running, false)]
    public async Task Only_guests_that_will_be_resumed_must_fit(int planned, GuestWish wish, bool counts)
    {
        await using var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Suspended, 4096));
        var upcoming = new UpcomingGuests(site.Guests, site.Plan);
        Assert.Equal(4096, upcoming.MiB()); // nothing is known yet

        site.Plan.Set(PlanOf(planned, wish));

        Assert.Equal(counts ? 4096 : 0, upcoming.MiB());
    }

    [Fact]
    public async Task A_desktop_that_was_taken_back_is_lent_again_only_after_its_owner_was_quiet_for_as_long_as_ever()
    {
        await using var site = await MakeAsync();
        site.Pass(Times.IdleFor);
        Assert.Equal(NodeState.Available, site.Shown.State);
        site.Loop.TakeBack();
        site.Pass(Times.IdleFor - TimeSpan.FromTicks(1));
        Assert.Equal(NodeState.InUse, site.Shown.State);
        site.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(NodeState.Available, site.Shown.State);
    }

    [Fact]
    public async Task A_node_that_stops_lending_without_its_owner_waits_twice_as_long_each_time()
    {
        await using var site = await MakeAsync();
        site.Pass(Times.IdleFor);
        foreach (var seconds in new[] { 20, 40, 80, 160 })
        {
            Assert.Equal(NodeState.Available, site.Shown.State);
            site.AvailableMiB = 500;
            site.Pass(ICondition.SampledEvery);
            Assert.Equal(new Reason(ReasonCode.ConditionFails, "memory"), site.Shown.Reason);
            site.AvailableMiB = 7000;
            site.Pass(
                TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(
                    site.Time.GetTimestamp() - site.Shown.SinceTimestamp) - TimeSpan.FromTicks(1));
            Assert.Equal(NodeState.InUse, site.Shown.State);
            site.Pass(TimeSpan.FromTicks(1));
        }

        Assert.Equal(NodeState.Available, site.Shown.State);
    }

    [Fact]
    public async Task An_owners_visit_makes_no_node_wait_longer()
    {
        await using var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Running));
        for (var i = 0; i < 5; i++)
        {
            site.Pass(Times.IdleFor);
            Assert.Equal(NodeState.Available, site.Shown.State);
            site.Monitor.Sink.Seen();
            site.Loop.Step();
            Assert.Equal(NodeState.Frozen, site.Shown.State);
            site.Pass(Times.ThawAfter);
            Assert.Equal(NodeState.Available, site.Shown.State);
        }
    }

    [Fact]
    public async Task A_desktop_that_wakes_from_sleep_has_its_owner_there()
    {
        await using var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Running));
        site.Pass(Times.IdleFor);
        Assert.False(site.Guests.Frozen);

        site.Asleep += TimeSpan.FromHours(1);
        site.Loop.Step();

        Assert.True(site.Guests.Frozen);
        Assert.Equal(new Reason(ReasonCode.OwnerSeen, AvailabilityLoop.WokenMachine), site.Shown.Reason);
    }

    [Fact]
    public async Task Clocks_that_differ_by_a_moment_are_no_sleep()
    {
        await using var site = await MakeAsync();
        site.Pass(Times.IdleFor);

        site.Asleep += TimeSpan.FromMilliseconds(1);
        site.Loop.Step();

        Assert.Equal(NodeState.Available, site.Shown.State);
    }

    [Fact]
    public async Task Memory_that_programs_wait_for_is_given_back_at_once()
    {
        await using var site = await MakeAsync();
        await FreezeAsync(site);
        // The first moments still count what the guests waited for.
        site.Pass(MemoryPressure.Window - TimeSpan.FromSeconds(1));
        site.Pressure.Report();
        site.Loop.Step();
        site.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(NodeState.Frozen, site.Shown.State);

        site.Pressure.Report();
        site.Loop.Step();

        Assert.Equal((NodeState.Evicting, ReasonCode.MemoryNeeded), (site.Shown.State, site.Shown.Reason.Code));
    }

    [Fact]
    public async Task Guests_that_the_kernel_may_kill_for_the_owners_memory_get_the_processor_to_end()
    {
        await using var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Running));
        site.Pass(Times.IdleFor);
        site.Pressure.Report();
        site.Loop.Step();
        Assert.Equal((NodeState.Available, false, false), (site.Shown.State, site.Guests.Frozen, site.Guests.Prompt));
        // While it is looked how much there is they stood still: reading may take as long as the kernel needs to find memory.
        Assert.Equal((true, true), site.SeenAtLastReading);

        site.AvailableMiB = 0;
        site.Pressure.Report();
        site.Loop.Step();
        Assert.Equal((true, true), (site.Guests.Frozen, site.Guests.Prompt));

        site.AvailableMiB = 1 << 20;
        site.Loop.Reconsider();
        site.Loop.Step();
        Assert.Equal((true, false), (site.Guests.Frozen, site.Guests.Prompt));
    }

    [Theory]
    [InlineData(2047, true, 15)]
    [InlineData(2048, true, 120)]
    [InlineData(2047, false, 120)]
    public async Task Scarce_memory_goes_back_as_soon_as_the_checkpoint_is_complete(double availableMiB, bool checkpoint, int seconds)
    {
        await using var site = await MakeAsync();
        await FreezeAsync(site);
        site.AvailableMiB = availableMiB;
        site.Guests.Set(
            FakeGuests.Guest(1, GuestPhase.Held) with { HasCheckpoint = checkpoint }, FakeGuests.Guest(2, GuestPhase.Suspended),
            FakeGuests.Guest(3, GuestPhase.Held) with { PausedByOthers = true });
        site.Loop.Reconsider();
        var frozen = site.Shown.SinceTimestamp;

        site.Pass(
            TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(site.Time.GetTimestamp() - frozen) - TimeSpan.FromTicks(1),
            () => site.Monitor.Sink.Seen());
        Assert.Equal(NodeState.Frozen, site.Shown.State);
        site.Pass(TimeSpan.FromTicks(1), () => site.Monitor.Sink.Seen());

        Assert.Equal(
            (NodeState.Evicting, seconds == 15 ? ReasonCode.MemoryScarce : ReasonCode.OwnerStayed),
            (site.Shown.State, site.Shown.Reason.Code));
    }

    private static Task FreezeAsync(DecidingSite site)
    {
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Running));
        site.Pass(Times.IdleFor);
        site.Monitor.Sink.Seen();
        site.Loop.Step();
        Assert.Equal(NodeState.Frozen, site.Shown.State);
        return Task.CompletedTask;
    }

    private static NodePlan PlanOf(int guest, GuestWish wish) => new()
    {
        Version = 1,
        Guests = { new GuestPlan { GuestId = $"{guest:x32}", Wish = wish.ToString() } },
    };
}
