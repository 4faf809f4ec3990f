using Opportunism.Agent.Guests;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>The node must be emptied at once (take back, drain, critical
/// memory) while another guest is being started, resumed or released.</summary>
public sealed class EvictingTests : IAsyncLifetime
{
    private readonly KeeperSite site = new();

    public async ValueTask InitializeAsync() => await site.StartAsync();

    public ValueTask DisposeAsync() => site.DisposeAsync();

    [Fact]
    public async Task A_running_guest_is_suspended_and_not_stopped_although_another_is_just_starting()
    {
        var running = await site.RunningAsync();
        site.Machine.Faults.Delay = TimeSpan.FromSeconds(3);
        var starting = site.Wish(GuestWish.Running);
        await site.UntilAsync(() => site.StatusOf(starting) is not null, "the start is under way");
        site.Machine.Faults.Delay = TimeSpan.Zero;

        // What the deciding thread does for 'take back', a drain and critical memory: Frozen and, in the same step, Evicting.
        site.Enter(NodeState.Frozen);
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.StatusOf(running) is { InMemory: false }, "its memory is back");
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(running)!.Phase);
    }

    [Fact]
    public async Task A_released_guest_is_suspended_and_not_stopped_although_another_is_just_released()
    {
        var (one, two) = (await site.RunningAsync(), await site.RunningAsync());
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(one, GuestPhase.Held);
        await site.UntilAsync(two, GuestPhase.Held);
        // One of the two takes longer to be released.
        site.Machine.Faults.Refuse = (request, id) =>
        {
            if (request == "Release" && id == two) new ManualResetEventSlim().Wait(1500);
            return null;
        };
        site.Enter(NodeState.Available);
        await site.UntilAsync(one, GuestPhase.Running);
        site.Enter(NodeState.Frozen);
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.StatusOf(one) is { InMemory: false }, "its memory is back");
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(one)!.Phase);
    }

    [Theory]
    [InlineData("terminate")]
    [InlineData("relocate")]
    public async Task One_of_which_no_memory_is_kept_leaves_at_once_although_the_release_of_another_hangs(string policy)
    {
        var (one, two) = (await site.RunningAsync(plan => plan.EvictionPolicy = policy), await site.RunningAsync());
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(one, GuestPhase.Held);
        await site.UntilAsync(two, GuestPhase.Held);
        using var ends = HangRelease(two, alsoRefused: null);
        site.Enter(NodeState.Available);
        await site.UntilAsync(one, GuestPhase.Running);
        await AssertLeavesAtOnceAsync(one);
        ends.Set();
    }

    [Fact]
    public async Task One_whose_checkpoint_is_ready_leaves_at_once_although_the_release_of_another_hangs()
    {
        var (one, two) = (await site.RunningAsync(), await site.RunningAsync());
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(() => site.StatusOf(one)!.HasCheckpoint && site.StatusOf(two)!.HasCheckpoint, "both are saved");
        using var ends = HangRelease(two, alsoRefused: one);
        site.Enter(NodeState.Available);
        await site.UntilAsync(
            () => site.Keeper.Reports.Current.Health.Any(item => item.Sentence.Contains("later", StringComparison.Ordinal)),
            "its release was refused");
        Assert.True(site.StatusOf(one)! is { Phase: GuestPhase.Held, HasCheckpoint: true });
        await AssertLeavesAtOnceAsync(one);
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(one)!.Phase);
        ends.Set();
    }

    [Fact]
    public async Task One_that_is_not_held_yet_keeps_what_it_has_in_memory()
    {
        var id = await site.RunningAsync();
        var spec = site.StatusOf(id)!.Spec;
        using var cancel = new CancellationTokenSource();

        var answer = await new GuestActions(site.Hypervisor, null!, site.Files, site.Options)
            .DoAsync(GuestStep.Evict, spec, null, new GuestWork(id, GuestStep.Evict, null, cancel, () => { }), cancel.Token);

        Assert.Equal((GuestOutcome.TryLater, GuestPhase.Running), (answer.Outcome, site.StatusOf(id)!.Phase));
    }

    [Fact]
    public async Task A_complete_checkpoint_is_not_thrown_away_because_a_killed_process_takes_long_to_end()
    {
        var id = await site.RunningAsync();
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(() => site.StatusOf(id)!.HasCheckpoint, "it is saved beside the owner");
        // GuestProcesses.EndAsync after 30 s in vain, twice; the third time the process has ended.
        var tries = 0;
        site.Machine.Faults.Refuse = (request, _) =>
            request == "Suspend" && ++tries <= 2
            ? new GuestAnswer(GuestOutcome.TryLater, "QEMU was killed but has not ended within 30 s.")
            : null;
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.StatusOf(id) is { InMemory: false }, "its memory is back");
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(id)!.Phase);
    }

    private ManualResetEventSlim HangRelease(GuestId hangs, GuestId? alsoRefused)
    {
        var ends = new ManualResetEventSlim();
        site.Machine.Faults.Refuse = (request, id) =>
        {
            if (request != "Release") return null;
            if (id == hangs) ends.Wait(TimeSpan.FromMinutes(1));
            return id == alsoRefused ? new GuestAnswer(GuestOutcome.TryLater, "later") : null;
        };
        return ends;
    }

    // A hold waits 5 s for the release that hangs.
    private async Task AssertLeavesAtOnceAsync(GuestId id)
    {
        site.Enter(NodeState.Frozen);
        site.Enter(NodeState.Evicting);
        var began = site.Time.GetTimestamp();
        await site.UntilAsync(() => site.StatusOf(id) is not { InMemory: true }, "its memory is back");
        Assert.InRange(site.Time.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }
}
