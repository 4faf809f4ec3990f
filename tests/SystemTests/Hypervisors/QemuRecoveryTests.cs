using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What an agent finds that was killed at each step of saving,
/// letting go and bringing back. No guest is lost, none runs.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuRecoveryTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private readonly GuestSpecMaker specs = new();
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;
    private GuestFolder folder = null!;
    private int last;

    /// <summary>Boots a guest, holds it and makes its checkpoint.</summary>
    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(disk: true);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        spec = specs.Make(image);
        folder = new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, spec.Id);
        Assert.Equal(GuestOutcome.Done, (await hypervisor.StartAsync(spec, image.Path, CancellationToken.None)).Outcome);
        await TickBeyondAsync(0);
        hypervisor.Freezer.FreezeAll();
        Assert.True((await hypervisor.HoldAllAsync(CancellationToken.None)).IsDone);
        Assert.True((await hypervisor.CheckpointAsync(spec.Id, null, CancellationToken.None)).IsDone);
        last = new TickConsole(hypervisor, spec.Id).Newest;
    }

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Theory]
    [InlineData("device state saved, memory not begun")]
    [InlineData("memory half copied")]
    [InlineData("manifest written, folder not renamed")]
    [InlineData("folder renamed")]
    [InlineData("QEMU killed, memory not yet unlinked")]
    [InlineData("suspended")]
    [InlineData("letting go: folder renamed back, not yet let go on")]
    [InlineData("bringing back: memory filled, QEMU not started")]
    [InlineData("bringing back: QEMU waits for device state")]
    public async Task No_guest_is_lost_and_none_runs(string killedAfter)
    {
        await KillAsync(killedAfter);
        var status = Assert.Single(hypervisor.Guests);
        Assert.True(status.Phase is GuestPhase.Held or GuestPhase.Suspended, $"{killedAfter}: {status.Phase} '{status.Sentence}'");
        var used = hypervisor.Freezer.GuestCpuNanoseconds();
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        Assert.Equal(last, new TickConsole(hypervisor, spec.Id).Newest);
        Assert.InRange(hypervisor.Freezer.GuestCpuNanoseconds() - used, 0, 100_000_000);

        // Through another suspend, so that what was found is worth something, and on without a lost or repeated tick.
        if (status.Phase == GuestPhase.Held) AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
        Assert.False(
            Directory.Exists(folder.Checkpoint) || File.Exists(Path.Combine(folder.Held, GuestCheckpoints.ManifestFile))
                || File.Exists(Path.Combine(folder.Held, GuestCheckpoints.StateFile)),
            "A checkpoint is left while the guest runs.");
    }

    [Fact]
    public async Task A_guest_whose_checkpoint_is_gone_from_the_disk_stays_in_memory()
    {
        Directory.Move(folder.Checkpoint, folder.Checkpoint + ".gone");
        Assert.False((await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).IsDone);
        Assert.Equal(GuestPhase.Held, Assert.Single(hypervisor.Guests).Phase);
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Fact]
    public async Task Visit_after_visit_the_guest_comes_back_from_the_changed_pages_of_its_base()
    {
        for (var visit = 0; visit < 3; visit++)
        {
            // Once from a complete base, then from one whose copy was interrupted:
            // after its first MiB with a change the pace makes it wait for seconds.
            AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
            AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
            await TickBeyondAsync(last + 1);
            await HoldAsync();
            using var interrupt = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hypervisor.CheckpointAsync(spec.Id, 1000, interrupt.Token));
            AssertDone(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None));
            await TickBeyondAsync(last + 1);
            await HoldAsync();
        }

        async Task HoldAsync()
        {
            hypervisor.Freezer.FreezeAll();
            AssertDone(await hypervisor.HoldAllAsync(CancellationToken.None));
            last = new TickConsole(hypervisor, spec.Id).Newest;
        }
    }

    [Fact]
    public async Task A_guest_that_the_brake_had_stopped_by_signal_is_found_held_and_runs_again()
    {
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
        Assert.True(hypervisor.Freezer.FreezeAll() & hypervisor.Freezer.SignalAll());
        await hypervisor.DisposeAsync();
        await RecoverAsync();
        Assert.Equal(GuestPhase.Held, Assert.Single(hypervisor.Guests).Phase);
        var stood = new TickConsole(hypervisor, spec.Id).Newest;
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(stood + 1);
    }

    [Fact]
    public async Task An_owner_who_returns_at_the_moment_of_release_costs_no_checkpoint()
    {
        // The release has been asked for and waits; the hold comes in between.
        var guest = ((QemuHypervisor)hypervisor).Find(spec.Id)!;
        await guest.Busy.WaitAsync();
        var release = hypervisor.ReleaseAsync(spec.Id, CancellationToken.None);
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(CancellationToken.None));
        guest.Busy.Release();
        Assert.Equal(GuestOutcome.TryLater, (await release).Outcome);
        Assert.Equal(GuestOutcome.AlreadySo, (await hypervisor.CheckpointAsync(spec.Id, null, CancellationToken.None)).Outcome);

        // It is good: the guest comes back from it.
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Fact]
    public async Task A_loaded_QEMU_that_is_killed_at_the_moment_of_resume_costs_no_checkpoint()
    {
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.LoadAsync(spec.Id, CancellationToken.None));
        var guest = ((QemuHypervisor)hypervisor).Find(spec.Id)!;
        await guest.Busy.WaitAsync();
        var resume = hypervisor.ResumeAsync(spec.Id, CancellationToken.None);
        Assert.True(guest.Process!.Process.KillAndWait(TimeSpan.FromSeconds(30)));
        guest.Busy.Release();
        AssertDone(await resume);
        await TickBeyondAsync(last + 1);
    }

    [Fact]
    public async Task An_owner_who_returns_at_the_moment_of_resume_costs_a_loaded_guest_no_checkpoint()
    {
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.LoadAsync(spec.Id, CancellationToken.None));
        var guest = ((QemuHypervisor)hypervisor).Find(spec.Id)!;
        await guest.Busy.WaitAsync();
        var resume = hypervisor.ResumeAsync(spec.Id, CancellationToken.None);
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(CancellationToken.None));
        guest.Busy.Release();
        Assert.Equal(GuestOutcome.TryLater, (await resume).Outcome);
        Assert.Equal(last, new TickConsole(hypervisor, spec.Id).Newest);
        Assert.True(Directory.Exists(folder.Checkpoint), "The checkpoint is gone although the guest has not run.");
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Fact]
    public async Task A_checkpoint_that_the_disk_has_overtaken_is_never_loaded()
    {
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        await hypervisor.DisposeAsync();
        File.SetLastWriteTimeUtc(folder.Disk, File.GetLastWriteTimeUtc(folder.Disk).AddSeconds(1));
        await RecoverAsync();
        Assert.Equal(GuestPhase.Stopped, Assert.Single(hypervisor.Guests).Phase);
        Assert.False(Directory.Exists(folder.Checkpoint));
    }

    [Theory]
    [InlineData("another version")]
    [InlineData("garbled")]
    public async Task A_checkpoint_that_this_agent_cannot_read_is_kept_for_one_that_can(string what)
    {
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        await hypervisor.DisposeAsync();
        var manifest = await SpoilManifestAsync(what);
        await RecoverAsync();

        Assert.True(
            Assert.Single(hypervisor.Guests) is { Phase: GuestPhase.Suspended } status
                && status.Sentence.Contains("cannot be loaded", StringComparison.Ordinal));
        Assert.Equal(GuestOutcome.Refused, (await hypervisor.ResumeAsync(spec.Id, CancellationToken.None)).Outcome);
        await hypervisor.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(folder.Checkpoint, GuestCheckpoints.ManifestFile), manifest);
        await RecoverAsync();
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Theory]
    [InlineData("another version")]
    [InlineData("garbled")]
    public async Task A_held_guest_whose_checkpoint_cannot_be_read_is_saved_again(string what)
    {
        await hypervisor.DisposeAsync();
        await SpoilManifestAsync(what);
        await RecoverAsync();

        Assert.True(Assert.Single(hypervisor.Guests) is { Phase: GuestPhase.Held, HasCheckpoint: false });
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("state")]
    public async Task A_damaged_checkpoint_is_refused_and_the_disk_kept(string file)
    {
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        using (var stream = new FileStream(Path.Combine(folder.Checkpoint, file), FileMode.Open, FileAccess.ReadWrite))
        {
            // The first page of the memory holds the BIOS's own tables, so it is not a hole.
            var at = file == "memory" ? 0x500 : 100;
            stream.Position = at;
            var before = stream.ReadByte();
            stream.Position = at;
            stream.WriteByte((byte)(before ^ 0x40));
        }

        var answer = await hypervisor.ResumeAsync(spec.Id, CancellationToken.None);
        Assert.Equal(GuestOutcome.Refused, answer.Outcome);
        Assert.Contains("damaged", answer.Sentence, StringComparison.Ordinal);
        Assert.True(
            Assert.Single(hypervisor.Guests) is { Phase: GuestPhase.Suspended } status
                && status.Sentence.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(0, hypervisor.GuestsInMemory);
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, CancellationToken.None));
        Assert.True(File.Exists(folder.Disk));
    }

    [Fact]
    public async Task A_QEMU_that_dies_while_held_leaves_a_suspended_guest()
    {
        hypervisor.Freezer.KillAll();
        for (var tries = 0; hypervisor.GuestsInMemory > 0 && tries < 100; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.Equal(GuestPhase.Suspended, Assert.Single(hypervisor.Guests).Phase);
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    [Fact]
    public async Task A_process_that_was_not_written_down_is_ended()
    {
        await hypervisor.DisposeAsync();
        File.Delete(folder.Process);
        Directory.Delete(folder.Checkpoint, recursive: true);
        await RecoverAsync();
        Assert.Equal(GuestPhase.Stopped, Assert.Single(hypervisor.Guests).Phase);
        Assert.False(File.Exists(folder.Ram));
    }

    [Fact]
    public async Task Foreign_folders_are_left_alone()
    {
        await hypervisor.DisposeAsync();
        var foreign = Path.Combine(GuestFolder.AllIn(site.Settings.StateFolder), "holiday-photos");
        Directory.CreateDirectory(foreign);
        var garbled = Path.Combine(GuestFolder.AllIn(site.Settings.StateFolder), new string('e', 32));
        Directory.CreateDirectory(garbled);
        await File.WriteAllTextAsync(Path.Combine(garbled, "guest.json"), "{ garbled");
        await RecoverAsync();
        Assert.Equal(GuestPhase.Held, Assert.Single(hypervisor.Guests).Phase);
        Assert.True(Directory.Exists(foreign) && Directory.Exists(garbled));
    }

    /// <summary>Leaves things as an agent does that is killed at this point, and starts a new one.</summary>
    private async Task KillAsync(string after)
    {
        if (after is "suspended" or "bringing back: memory filled, QEMU not started")
            AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        await hypervisor.DisposeAsync();
        var manifest = Path.Combine(folder.Held, "manifest.json");
        var memory = Path.Combine(folder.Held, "memory");
        switch (after)
        {
            case "device state saved, memory not begun":
                Directory.Move(folder.Checkpoint, folder.Held);
                File.Delete(manifest);
                File.Delete(memory);
                break;
            case "memory half copied":
                Directory.Move(folder.Checkpoint, folder.Held);
                File.Delete(manifest);
                using (var file = File.OpenHandle(memory, FileMode.Open, FileAccess.Write))
                    RandomAccess.SetLength(file, RandomAccess.GetLength(file) / 2);
                break;
            case "manifest written, folder not renamed":
                Directory.Move(folder.Checkpoint, folder.Held);
                break;
            case "letting go: folder renamed back, not yet let go on":
                Directory.Move(folder.Checkpoint, folder.Held);
                File.Delete(manifest);
                break;
            case "QEMU killed, memory not yet unlinked":
                var record = QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!;
                using (var process = LinuxProcess.Find(record.Pid, record.StartTime)!)
                    Assert.True(process.KillAndWait(TimeSpan.FromSeconds(10)));
                break;
            case "bringing back: memory filled, QEMU not started":
                File.Copy(Path.Combine(folder.Checkpoint, "memory"), folder.Ram);
                break;
            case "bringing back: QEMU waits for device state":
                // A process that lives beside a checkpoint it did not make.
                var path = Path.Combine(folder.Checkpoint, "manifest.json");
                var text = await File.ReadAllTextAsync(path);
                await File.WriteAllTextAsync(path, text.Replace("\"StartTime\": ", "\"StartTime\": 1", StringComparison.Ordinal));
                break;
        }

        await RecoverAsync();
    }

    /// <summary>Makes the checkpoint's manifest one that this agent does not read.</summary>
    /// <returns>The manifest as it was.</returns>
    private async Task<string> SpoilManifestAsync(string what)
    {
        var path = Path.Combine(folder.Checkpoint, GuestCheckpoints.ManifestFile);
        var text = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(
            path,
            what == "garbled"
            ? "{"
            : text.Replace($"\"Version\": {CheckpointManifest.CurrentVersion}", "\"Version\": 99", StringComparison.Ordinal));
        return text;
    }

    private async Task RecoverAsync()
    {
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
    }

    private Task TickBeyondAsync(int tick) => new TickConsole(hypervisor, spec.Id).BeyondAsync(tick, looks: 600);

    private static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
}
