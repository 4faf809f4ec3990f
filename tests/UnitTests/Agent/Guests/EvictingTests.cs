using Opportunism.Agent.Guests;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>The node must be emptied at once (take back, drain, critical memory) while another guest is being started, resumed or released.</summary>
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

    [Fact]
    public async Task One_that_is_not_held_yet_keeps_what_it_has_in_memory()
    {
        var id = await site.RunningAsync();
        var spec = site.StatusOf(id)!.Spec;
        using var cancel = new CancellationTokenSource();

        var answer = await new GuestActions(site.Hypervisor, null!, site.Files, site.Options).DoAsync(GuestStep.Evict, spec, null, new GuestWork(id, GuestStep.Evict, null, cancel, () => { }), cancel.Token);

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
        site.Machine.Faults.Refuse = (request, _) => request == "Suspend" && ++tries <= 2 ? new GuestAnswer(GuestOutcome.TryLater, "QEMU was killed but has not ended within 30 s.") : null;
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.StatusOf(id) is { InMemory: false }, "its memory is back");
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(id)!.Phase);
    }
}
