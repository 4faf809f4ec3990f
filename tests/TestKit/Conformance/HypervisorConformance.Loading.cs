using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.TestKit.Conformance;

public abstract partial class HypervisorConformance
{
    [Fact]
    public async Task A_loaded_guest_stands_still_until_it_is_resumed_and_loses_no_tick()
    {
        var spec = await SuspendedAsync();
        var before = ConsoleOf(spec).Newest;
        // As on a node that is in use: the guests are frozen as a whole.
        Assert.True(Hypervisor.Freezer.FreezeAll());
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.LoadAsync(spec.Id, Cancelled)).Outcome);
        AssertLoaded(spec);
        await AssertStandsStillAsync(spec);

        // A hold does not change that.
        Assert.True(Hypervisor.Freezer.FreezeAll());
        await HoldAllAsync();
        AssertLoaded(spec);
        await AssertStandsStillAsync(spec);

        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Running, HasCheckpoint: false, IsLoaded: false, LastResume: not null });
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.LoadAsync(spec.Id, Cancelled)).Outcome);
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.UnloadAsync(spec.Id, Cancelled)).Outcome);
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task An_unloaded_guest_is_suspended_as_before()
    {
        var spec = await SuspendedAsync();
        var before = ConsoleOf(spec).Newest;
        for (var round = 0; round < 2; round++)
        {
            AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
            AssertLoaded(spec);
            AssertDone(await Hypervisor.UnloadAsync(spec.Id, Cancelled));
            Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.UnloadAsync(spec.Id, Cancelled)).Outcome);
            Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false });
        }

        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task A_loaded_guest_can_be_suspended_exported_stopped_and_deleted()
    {
        var spec = await SuspendedAsync();
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.SuspendAsync(spec.Id, Cancelled)).Outcome);
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, TakesMemory: false });

        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        var exported = Path.Combine(Path.GetDirectoryName(Image.Path)!, "loaded.qcow2");
        AssertDone(await Hypervisor.ExportDiskAsync(spec.Id, exported, null, Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false });

        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.FromSeconds(20), Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, HasCheckpoint: false, TakesMemory: false });
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.LoadAsync(spec.Id, Cancelled)).Outcome);

        await StartedAsync(spec);
        Assert.True(Hypervisor.Freezer.FreezeAll());
        await HoldAllAsync();
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.DeleteAsync(spec.Id, Cancelled));
        Assert.Empty(Hypervisor.Guests);
    }

    [Fact]
    public async Task A_load_that_is_cancelled_leaves_a_suspended_guest()
    {
        var spec = await SuspendedAsync();
        var before = ConsoleOf(spec).Newest;
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Hypervisor.LoadAsync(spec.Id, cancelled.Token));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false });
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task A_loaded_guest_whose_process_is_killed_is_suspended_as_before()
    {
        var spec = await SuspendedAsync();
        var before = ConsoleOf(spec).Newest;
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        Assert.True(Hypervisor.Freezer.KillAll());
        for (var waited = 0; StatusOf(spec).IsLoaded && waited < 100; waited++) await PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false });
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task A_loaded_guest_is_suspended_after_a_restart()
    {
        var spec = await SuspendedAsync();
        var before = ConsoleOf(spec).Newest;
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        await RestartAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false });
        Assert.Equal(0, Hypervisor.GuestsInMemory);
        AssertDone(await Hypervisor.LoadAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    /// <summary>Boots a guest, waits until it counts, and suspends it.</summary>
    protected async Task<GuestSpec> SuspendedAsync()
    {
        var spec = await HeldAsync();
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        return spec;
    }

    /// <summary>It takes memory and still is Suspended: not a guest that has to leave.</summary>
    private void AssertLoaded(GuestSpec spec)
    {
        var status = StatusOf(spec);
        Assert.True(
            status is { Phase: GuestPhase.Suspended, HasCheckpoint: true, IsLoaded: true, TakesMemory: true, InMemory: false },
            $"{status}");
        Assert.Equal(0, Hypervisor.GuestsInMemory);
    }
}
