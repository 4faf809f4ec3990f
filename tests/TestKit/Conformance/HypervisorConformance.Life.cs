using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.TestKit.Conformance;

public abstract partial class HypervisorConformance
{
    [Fact]
    public async Task A_guest_lives_through_an_owner_that_stays_without_losing_a_tick()
    {
        var spec = await StartedAsync();
        Assert.Equal(1, Hypervisor.GuestsInMemory);

        Assert.True(Hypervisor.Freezer.FreezeAll());
        await AssertStandsStillAsync(spec);

        await HoldAllAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
        Assert.NotNull(StatusOf(spec).LastHold);
        await AssertStandsStillAsync(spec);

        AssertDone(await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
        Assert.True(StatusOf(spec) is { HasCheckpoint: true, CheckpointMiB: > 0, Phase: GuestPhase.Held });

        var before = ConsoleOf(spec).Newest;
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        Assert.True(
            StatusOf(spec) is { Phase: GuestPhase.Suspended, HasCheckpoint: true, LastMemoryReturn: not null, LastMemoryReturnMiB: > 0 });
        Assert.Equal(0, Hypervisor.GuestsInMemory);

        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Running, HasCheckpoint: false, LastResume: not null });
        await TickBeyondAsync(spec, before + 1);

        AssertDone(await Hypervisor.DeleteAsync(spec.Id, Cancelled));
        Assert.Empty(Hypervisor.Guests);
        Assert.Equal(0, Hypervisor.GuestsInMemory);
    }

    [Fact]
    public async Task A_guest_can_be_held_and_released_again_and_again()
    {
        var spec = await StartedAsync();
        for (var round = 0; round < 3; round++)
        {
            Assert.True(Hypervisor.Freezer.FreezeAll());
            await HoldAllAsync();
            await HoldAllAsync();
            Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
            if (round > 0) AssertDone(await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
            var before = ConsoleOf(spec).Newest;
            AssertDone(await Hypervisor.ReleaseAsync(spec.Id, Cancelled));
            Assert.True(StatusOf(spec) is { Phase: GuestPhase.Running, HasCheckpoint: false });
            AssertDone(await Hypervisor.ReleaseAsync(spec.Id, Cancelled));
            await TickBeyondAsync(spec, before + 1);
        }
    }

    [Fact]
    public async Task A_cancelled_checkpoint_leaves_none_and_can_be_made_again()
    {
        var spec = await HeldAsync();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Hypervisor.CheckpointAsync(spec.Id, null, cancelled.Token));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, HasCheckpoint: false });

        // Slow enough that it is cancelled in the middle of the memory.
        using var later = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var slow = Hypervisor.CheckpointAsync(spec.Id, 4 * 1024 * 1024, later.Token);
        await PassAsync(TimeSpan.FromSeconds(1));
        await later.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, HasCheckpoint: false });

        AssertDone(await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
        AssertDone(await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
        var before = ConsoleOf(spec).Newest;
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.ResumeAsync(spec.Id, Cancelled));
        await TickBeyondAsync(spec, before + 1);
    }

    [Fact]
    public async Task A_stopped_guest_boots_again_from_its_disk()
    {
        var spec = await StartedAsync();
        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.FromSeconds(20), Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, HasCheckpoint: false });
        Assert.Equal(0, Hypervisor.GuestsInMemory);
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled)).Outcome);
        await StartedAsync(spec);
    }

    [Fact]
    public async Task A_held_or_suspended_guest_can_be_stopped()
    {
        var spec = await HeldAsync();
        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.FromSeconds(20), Cancelled));
        Assert.Equal(GuestPhase.Stopped, StatusOf(spec).Phase);

        await StartedAsync(spec);
        Assert.True(Hypervisor.Freezer.FreezeAll());
        await HoldAllAsync();
        AssertDone(await Hypervisor.SuspendAsync(spec.Id, Cancelled));
        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.FromSeconds(20), Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, HasCheckpoint: false });
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_a_sentence()
    {
        var unknown = GuestId.New();
        foreach (var answer in new[]
        {
            await Hypervisor.ReleaseAsync(unknown, Cancelled), await Hypervisor.SuspendAsync(unknown, Cancelled),
            await Hypervisor.ResumeAsync(unknown, Cancelled),
            await Hypervisor.CheckpointAsync(unknown, null, Cancelled), await Hypervisor.StopAsync(unknown, TimeSpan.Zero, Cancelled),
            await Hypervisor.ExportDiskAsync(unknown, "/nowhere", null, Cancelled),
            await Hypervisor.LoadAsync(unknown, Cancelled), await Hypervisor.UnloadAsync(unknown, Cancelled),
        })
        {
            Assert.Equal(GuestOutcome.Refused, answer.Outcome);
            Assert.Contains(unknown.Value, answer.Sentence, StringComparison.Ordinal);
        }

        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.DeleteAsync(unknown, Cancelled)).Outcome);
        var spec = NewSpec();
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.StartAsync(spec with { Vcpus = 0 }, Image.Path, Cancelled)).Outcome);
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.StartAsync(spec, Image.Path + ".missing", Cancelled)).Outcome);
        Assert.Equal(0, Hypervisor.GuestsInMemory);
        AssertDone(await Hypervisor.DeleteAsync(spec.Id, Cancelled));
        Assert.Empty(Hypervisor.Guests);
        await HoldAllAsync();
        Assert.Empty(Hypervisor.ReadConsole(unknown, 0, 100).Bytes.ToArray());
    }

    [Fact]
    public async Task A_running_guest_is_neither_saved_nor_resumed()
    {
        var spec = await StartedAsync();
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.CheckpointAsync(spec.Id, null, Cancelled)).Outcome);
        Assert.Equal(GuestOutcome.Refused, (await Hypervisor.SuspendAsync(spec.Id, Cancelled)).Outcome);
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.ResumeAsync(spec.Id, Cancelled)).Outcome);
        Assert.Equal(GuestOutcome.AlreadySo, (await Hypervisor.StartAsync(spec, Image.Path, Cancelled)).Outcome);
        Assert.Equal(GuestPhase.Running, StatusOf(spec).Phase);
    }

    [Fact]
    public async Task A_disk_moves_to_another_guest()
    {
        var spec = await StartedAsync();
        AssertDone(await Hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        var file = Path.Combine(Path.GetDirectoryName(Image.Path)!, "exported.qcow2");
        AssertDone(await Hypervisor.ExportDiskAsync(spec.Id, file, null, Cancelled));
        Assert.True(new FileInfo(file).Length > 0);
        AssertDone(await Hypervisor.DeleteAsync(spec.Id, Cancelled));

        var other = NewSpec();
        AssertDone(await Hypervisor.AdoptDiskAsync(other, "", file, Cancelled));
        Assert.False(File.Exists(file), "An adopted disk is moved, not copied.");
        Assert.Equal(GuestPhase.Stopped, StatusOf(other).Phase);
        AssertDone(await Hypervisor.StartAsync(other, Image.Path, Cancelled));
        await TickBeyondAsync(other, 0);
    }

    [Fact]
    public async Task Killing_from_outside_keeps_the_disk()
    {
        var spec = await StartedAsync();
        Assert.True(Hypervisor.Freezer.FreezeAll());
        Assert.True(Hypervisor.Freezer.KillAll());
        for (var waited = 0; Hypervisor.GuestsInMemory > 0 && waited < 100; waited++) await PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, Sentence.Length: > 0 });
        Assert.True(Hypervisor.Freezer.ThawAll());
        await StartedAsync(spec);
    }
}
