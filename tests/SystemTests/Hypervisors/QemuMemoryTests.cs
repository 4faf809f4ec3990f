using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Whose memory a guest's is, and when it is free again.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuMemoryTests : IAsyncLifetime
{
    private const int MiB = 1024 * 1024;

    private const int DirtyMiB = 160;

    private readonly QemuSite site = new();
    private string group = "";
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(dirtyMiB: DirtyMiB);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        var mounts = CgroupMounts.Find();
        group = Path.Combine(
            File.Exists(Path.Combine(site.ParentCgroup, "memory.max")) ? mounts.Unified! : mounts.Memory!,
            Path.GetDirectoryName(site.Settings.Cgroup)!);
        spec = new GuestSpecMaker().Make(image) with { MemoryMiB = DirtyMiB + 96 };
        Assert.Equal("", (await hypervisor.StartAsync(spec, image.Path, CancellationToken.None)).Sentence);
        for (var tries = 0; !Console.Contains("dirtied", StringComparison.Ordinal) && tries < 1200; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Assert.Contains("dirtied", Console, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    private string Console => Encoding.ASCII.GetString(hypervisor.ReadConsole(spec.Id, 0, int.MaxValue).Bytes.Span);

    /// <summary>Bytes of guests' memory, with a name or without.</summary>
    private long InUse() => new DriveInfo(site.Settings.RamFolder) is var mount ? mount.TotalSize - mount.TotalFreeSpace : 0;

    [Fact]
    public async Task A_QEMU_that_ends_leaves_no_memory_behind_although_no_agent_runs()
    {
        Assert.InRange(InUse(), DirtyMiB * (long)MiB, long.MaxValue);
        var pid = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!.Process.Pid;
        await hypervisor.DisposeAsync();
        using var qemu = LinuxProcess.Find(pid)!;
        Assert.True(qemu.KillAndWait(TimeSpan.FromSeconds(30)), "QEMU did not end within 30 s.");
        Assert.Equal(0, InUse());
        hypervisor = site.Make(); // for the clean-up
    }

    /// <summary>Frozen by the freezer of cgroup v1 a process stays in state D after
    /// SIGKILL, as one does that waits for a disk which does not reply.</summary>
    [Fact]
    public async Task A_killed_QEMU_that_does_not_end_gives_its_memory_back_all_the_same()
    {
        var pid = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!.Process.Pid;
        using var stuck = new StuckProcess(pid);
        var ending = hypervisor.StopAsync(spec.Id, TimeSpan.Zero, CancellationToken.None);
        for (var tries = 0; InUse() > 0 && !ending.IsCompleted && tries < 200; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.False(ending.IsCompleted, "QEMU has ended; it should be stuck.");
        Assert.Equal(0, InUse());
        stuck.Free();
        Assert.Equal("", (await ending).Sentence);
    }

    [Fact]
    public async Task A_resumed_guests_memory_is_charged_to_its_own_cgroup()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        Assert.Equal("", (await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.Equal("", (await hypervisor.ResumeAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.InRange(ChargedMiB(), DirtyMiB, spec.MemoryMiB + QemuArguments.OverheadMiB("tcg"));
    }

    [Fact]
    public async Task A_loaded_guests_memory_is_its_own_cgroups_and_free_within_a_moment_of_unloading()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        Assert.Equal("", (await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.Equal(0, InUse());
        hypervisor.Freezer.FreezeAll();
        Assert.Equal("", (await hypervisor.LoadAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.InRange(InUse(), DirtyMiB * (long)MiB, long.MaxValue);
        Assert.InRange(ChargedMiB(), DirtyMiB, spec.MemoryMiB + QemuArguments.OverheadMiB("tcg"));
        var pid = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!.Process.Pid;

        // The owner is back: frozen at once, and yet its memory is free soon. 0.3 s is the promise; other tests may use the processors.
        hypervisor.Freezer.FreezeAll();
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal("", (await hypervisor.UnloadAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.Equal(0, InUse());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        using var qemu = LinuxProcess.Find(pid);
        Assert.True(qemu is null, "QEMU is still there.");
    }

    [Fact]
    public async Task A_load_that_the_owner_interrupts_by_a_freeze_gives_its_memory_back()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        Assert.Equal("", (await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).Sentence);
        using var back = new CancellationTokenSource();
        var loading = hypervisor.LoadAsync(spec.Id, back.Token);
        while (InUse() == 0 && !loading.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        hypervisor.Freezer.FreezeAll();
        await back.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading);
        Assert.Equal(0, InUse());
        Assert.True(hypervisor.Guests.Single() is { Phase: GuestPhase.Suspended, TakesMemory: false, HasCheckpoint: true });
    }

    private long ChargedMiB()
    {
        var child = Path.Combine(group, "guests", spec.Id.Value);
        var file = new[] { "memory.current", "memory.usage_in_bytes" }.Select(name => Path.Combine(child, name)).First(File.Exists);
        return long.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) / MiB;
    }
}
