using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.TestKit.Conformance;

public abstract partial class HypervisorConformance
{
    [Fact]
    public async Task A_running_guest_is_found_after_a_restart_and_stands_still()
    {
        var spec = await StartedAsync();
        var before = ConsoleOf(spec).Newest;
        await RestartAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
        Assert.Equal(spec, StatusOf(spec).Spec);
        Assert.Equal(1, Hypervisor.GuestsInMemory);
        await AssertStandsStillAsync(spec);
        Hypervisor.Freezer.ThawAll();
        AssertDone(await Hypervisor.ReleaseAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task A_frozen_guest_is_found_after_a_restart()
    {
        var spec = await StartedAsync();
        Assert.True(Hypervisor.Freezer.FreezeAll());
        var before = ConsoleOf(spec).Newest;
        await RestartAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
        await AssertStandsStillAsync(spec);
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task Held_suspended_and_stopped_guests_are_what_they_were_after_a_restart()
    {
        var spec = await HeldAsync();
        await RestartAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, HasCheckpoint: false });

        AssertDone(await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
        await RestartAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, HasCheckpoint: true });

        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        await RestartAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, CheckpointMiB: > 0 });
        Assert.Equal(0, Hypervisor.GuestsInMemory);

        var before = ConsoleOf(spec).Newest;
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);

        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        await RestartAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, HasCheckpoint: false });
    }
}
