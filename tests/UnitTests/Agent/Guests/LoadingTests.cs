using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>What the keeper does with suspended guests in the seconds before the node lends.</summary>
public sealed class LoadingTests : IAsyncLifetime
{
    private readonly KeeperSite site = new();

    public async ValueTask InitializeAsync() => await site.StartAsync();

    public ValueTask DisposeAsync() => site.DisposeAsync();

    [Fact]
    public async Task A_suspended_guest_is_loaded_in_the_countdown_and_resumed_when_the_node_lends()
    {
        var id = await SuspendedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id) is { IsLoaded: true, Phase: GuestPhase.Suspended }, "it is loaded");
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("Suspended", site.ReportOf(id)!.Phase);
        Assert.Equal(0, site.Hypervisor.GuestsInMemory);
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task Activity_unloads_it()
    {
        var id = await SuspendedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded");
        site.Countdown(false);
        await site.UntilAsync(() => site.StatusOf(id) is { Phase: GuestPhase.Suspended, IsLoaded: false }, "it is unloaded");
        Assert.True(site.StatusOf(id)!.HasCheckpoint);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(5));
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded again");
    }

    [Fact]
    public async Task Activity_ends_a_load_under_way()
    {
        var id = await SuspendedAsync();
        site.Machine.Faults.Delay = TimeSpan.FromDays(1);
        site.Countdown(true);
        await PassedAsync();
        site.Countdown(false);
        await PassedAsync();
        site.Machine.Faults.Delay = TimeSpan.Zero;
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded by a load of its own: the first one would take a day");
    }

    [Theory]
    [InlineData(GuestWish.Stopped, GuestPhase.Stopped)]
    [InlineData(GuestWish.Gone, null)]
    public async Task A_changed_wish_ends_it(GuestWish wish, GuestPhase? expected)
    {
        var id = await SuspendedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded");
        site.Wish(wish, id);
        await site.UntilAsync(() => site.StatusOf(id)?.Phase == expected, $"it is {expected}");
        Assert.True(site.StatusOf(id) is null or { IsLoaded: false });
    }

    [Fact]
    public async Task One_that_the_plan_does_not_name_any_more_is_unloaded()
    {
        var id = await SuspendedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded");
        site.Drop(id);
        await site.UntilAsync(() => site.StatusOf(id) is { Phase: GuestPhase.Suspended, IsLoaded: false }, "it is unloaded");
    }

    [Fact]
    public async Task A_guest_is_loaded_only_where_it_fits_beside_those_that_take_memory()
    {
        // 512 MiB are lent.
        var large = await SuspendedAsync(memoryMiB: 384);
        site.Drop(large);
        await SuspendedAsync(memoryMiB: 256);
        site.Wish(GuestWish.Running, large, plan => plan.MemoryMib = 384);
        await PassedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.Hypervisor.Guests.Any(guest => guest.IsLoaded), "one is loaded");
        for (var i = 0; i < 5; i++) await PassedAsync();
        Assert.Single(site.Hypervisor.Guests, guest => guest.IsLoaded);
        // It makes room for the other when it goes.
        site.Wish(GuestWish.Gone, site.Hypervisor.Guests.Single(guest => guest.IsLoaded).Id);
        await site.UntilAsync(() => site.Hypervisor.Guests is [{ IsLoaded: true }], "the other one is loaded");
    }

    [Fact]
    public async Task A_load_that_fails_is_reported_and_history_once_the_guest_runs()
    {
        var id = await SuspendedAsync();
        var failure = new GuestAnswer(GuestOutcome.TryLater, "the disk does not answer");
        site.Machine.Faults.Refuse = (request, _) => request == "Load" ? failure : null;
        site.Countdown(true);
        await site.UntilAsync(() => site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.step-failed"), "it is reported");
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
        await site.UntilAsync(() => site.Keeper.Reports.Current.Health.All(item => item.Code != "guests.step-failed"), "it is history");
    }

    [Fact]
    public async Task An_agent_that_ends_leaves_no_loaded_guest_behind()
    {
        var id = await SuspendedAsync();
        site.Countdown(true);
        await site.UntilAsync(() => site.StatusOf(id)!.IsLoaded, "it is loaded");
        var seen = true;
        await site.RestartAsync(() => seen = site.StatusOf(id)!.IsLoaded);
        Assert.False(seen);
    }

    /// <summary>Waits for two whole passes of the keeper: each acknowledges a plan of its own.</summary>
    private async Task PassedAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            site.Send();
            await site.UntilAsync(() => site.Keeper.Reports.Current.PlanVersion == site.Plan.Current.Version, "a pass has ended");
        }
    }

    private async Task<GuestId> SuspendedAsync(uint memoryMiB = 128)
    {
        var id = await site.RunningAsync(plan => plan.MemoryMib = memoryMiB);
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.Hypervisor.GuestsInMemory == 0, "all are suspended");
        site.Enter(NodeState.InUse);
        return id;
    }
}
