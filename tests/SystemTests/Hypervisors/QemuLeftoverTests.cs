using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Agent.Guests;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Disks;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What a killed agent leaves on the disk.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuLeftoverTests : IAsyncLifetime
{
    // tmpfs has no direct access; that changes nothing here. 128 MiB of guest, 16 beside it, and 20 to spare.
    private readonly SmallDisk disk = new(168 * 1024);
    private readonly QemuSite site;
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;
    private GuestFolder folder = null!;

    public QemuLeftoverTests() => site = new QemuSite(disk.Folder);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(disk: true);
        await MakeAsync();
        spec = new GuestSpecMaker().Make(image);
        folder = new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, spec.Id);
        AssertDone(await hypervisor.StartAsync(spec, image.Path, Cancelled));
        await new TickConsole(hypervisor, spec.Id).BeyondAsync(2, looks: 1200);
    }

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
        disk.Dispose();
    }

    [Fact]
    public async Task A_guest_is_suspended_in_the_room_that_an_interrupted_copy_has_taken_already()
    {
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(Cancelled));
        var before = Free();
        using (var killed = new CancellationTokenSource())
        {
            var copy = hypervisor.CheckpointAsync(spec.Id, 20_000_000, killed.Token);
            for (var tries = 0; before - Free() < 40 && tries < 100 && !copy.IsCompleted; tries++)
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancelled);
            await killed.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
        }

        // The agent was killed there; the next one finds the guest held.
        await hypervisor.DisposeAsync();
        var taken = before - Free();
        await MakeAsync();
        var found = Assert.Single(hypervisor.Guests);
        var evicted = await new GuestActions(hypervisor, null!, null!, new GuestOptions())
            .DoAsync(
                GuestStep.Evict, spec, null, new GuestWork(spec.Id, GuestStep.Evict, null, new CancellationTokenSource(), () => { }),
                Cancelled);
        var status = Assert.Single(hypervisor.Guests);
        Assert.True(
            status.Phase == GuestPhase.Suspended,
            $"{before} MiB were free, {taken} of them taken by the interrupted copy, {Free()} are free now; found {found.Phase} "
            + $"'{found.Sentence}'; eviction {evicted.Outcome}: guest {status.Phase} '{status.Sentence}'");
    }

    [Fact]
    public async Task Nothing_is_left_of_an_export_that_was_interrupted()
    {
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        await hypervisor.DisposeAsync();
        await File.WriteAllTextAsync(folder.ExportPart, "half of a disk", Cancelled);
        await MakeAsync();
        Assert.Equal(GuestPhase.Stopped, Assert.Single(hypervisor.Guests).Phase);
        Assert.False(File.Exists(folder.ExportPart));
    }

    [Fact]
    public async Task Nothing_is_left_of_a_guest_whose_deletion_was_interrupted()
    {
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        await hypervisor.DisposeAsync();
        // LinuxFiles.RemoveFolderForGood, killed after its first step.
        Directory.Move(folder.Root, folder.Root + ".gone");
        await MakeAsync();
        Assert.Empty(hypervisor.Guests);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder.Root)!));
    }

    [Fact]
    public async Task A_checkpoint_whose_deletion_was_interrupted_is_deleted_by_the_next_start()
    {
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(Cancelled));
        AssertDone(await hypervisor.SuspendAsync(spec.Id, Cancelled));
        await hypervisor.DisposeAsync();
        var taken = Free();
        // A stop, killed after its first step.
        Directory.Move(folder.Checkpoint, folder.Checkpoint + ".gone");
        await MakeAsync();
        Assert.False(Directory.Exists(folder.Checkpoint + ".gone"));
        Assert.True(Free() > taken, $"{taken} MiB were free before, {Free()} are now.");
    }

    /// <summary>A guest that has taken over its QEMU nests folders in its own until their path is longer than one may be.</summary>
    [Fact]
    public async Task A_guest_cannot_make_its_folder_impossible_to_delete()
    {
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        await NestAsync(folder.Run);
        AssertDone(await hypervisor.DeleteAsync(spec.Id, Cancelled));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder.Root)!));
    }

    [Fact]
    public async Task What_cannot_be_deleted_keeps_no_guest_from_its_start()
    {
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        await hypervisor.DisposeAsync();
        var stuck = Path.Combine(Path.GetDirectoryName(folder.Root)!, GuestId.New().Value + ".gone");
        Directory.CreateDirectory(stuck);
        // Not even root deletes a place where something is mounted.
        using (var mounted = new SmallDisk(64, stuck))
        {
            await MakeAsync();
            Assert.Equal(GuestPhase.Stopped, Assert.Single(hypervisor.Guests).Phase);
        }
    }

    [Fact]
    public async Task A_copy_that_a_killed_agent_has_begun_is_ended_by_the_next()
    {
        AssertDone(await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled));
        // 0.1 MB/s: it takes longer than this test. The agent is not killed here, but its program would not notice.
        var first = hypervisor;
        var copy = first.ExportDiskAsync(spec.Id, Path.Combine(disk.Folder, "out.qcow2"), 100_000, Cancelled);
        var work = Path.Combine(site.ParentCgroup + "-work", "cgroup.procs");
        for (var looks = 0; looks < 500 && new FileInfo(folder.ExportPart) is not { Exists: true, Length: > 0 }; looks++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
        Assert.NotEmpty(await File.ReadAllLinesAsync(work, Cancelled));
        await MakeAsync();
        Assert.Empty(await File.ReadAllLinesAsync(work, Cancelled));
        Assert.False((await copy).IsDone);
        await first.DisposeAsync();
        Assert.False(File.Exists(folder.ExportPart));
    }

    private static async Task NestAsync(string run)
    {
        const string Nest = "chdir shift or die; for (1 .. 60) { mkdir 'd' x 100 or die; chdir 'd' x 100 or die }";
        var uid = (QemuSite.Uid + 1).ToString(CultureInfo.InvariantCulture);
        using var made = Process.Start(
            "setpriv",
            ["--reuid", uid, "--regid", QemuSite.Uid.ToString(CultureInfo.InvariantCulture), "--clear-groups", "perl", "-e", Nest, run]);
        await made.WaitForExitAsync(Cancelled);
        Assert.Equal(0, made.ExitCode);
    }

    private long Free() => new DriveInfo(disk.Folder).AvailableFreeSpace >> 20;

    private async Task MakeAsync()
    {
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(Cancelled);
        await hypervisor.ProbeAsync(Cancelled);
    }

    private static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, answer.Sentence);
}
