using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Another program has a guest's disk open when the guest is released (a backup, qemu-img): QEMU refuses to let it run.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuLockedDiskTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private QemuHypervisor hypervisor = null!;
    private GuestSpec spec = null!;
    private GuestFolder folder = null!;
    private Process reader = null!;
    private int last;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    /// <summary>A held guest with a complete checkpoint whose release was refused.</summary>
    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(disk: true);
        hypervisor = (QemuHypervisor)site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        spec = new GuestSpecMaker().Make(image);
        folder = new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, spec.Id);
        AssertDone(await hypervisor.StartAsync(spec, image.Path, CancellationToken.None));
        await BeyondAsync(2);
        await HoldAsync();
        AssertDone(await hypervisor.CheckpointAsync(spec.Id, null, CancellationToken.None));
        last = new TickConsole(hypervisor, spec.Id).Newest;
        reader = Process.Start(
            new ProcessStartInfo("qemu-io", ["-r", folder.Disk]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        // Its prompt comes when it has the disk open.
        await reader.StandardOutput.ReadAsync(new char[1]);
        var refused = await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None);
        Assert.Equal(GuestOutcome.TryLater, refused.Outcome);
        Assert.Contains("lock", refused.Sentence, StringComparison.OrdinalIgnoreCase);
    }

    public async ValueTask DisposeAsync()
    {
        if (reader is not null) await EndReaderAsync();
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task It_is_held_as_before_and_runs_once_the_disk_is_free()
    {
        Assert.True(hypervisor.Guests[0] is { Phase: GuestPhase.Held, HasCheckpoint: true }, $"{hypervisor.Guests[0]}");
        await EndReaderAsync();
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None));
        await BeyondAsync(last + 1);

        // Device state of the hold before must not be taken for that of the next one.
        await HoldAsync();
        last = new TickConsole(hypervisor, spec.Id).Newest;
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        Assert.NotEqual(0, new FileInfo(Path.Combine(folder.Checkpoint, GuestCheckpoints.StateFile)).Length);
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await BeyondAsync(last + 1);
    }

    [Fact]
    public async Task It_is_suspended_with_all_it_had_when_the_owner_returns()
    {
        await HoldAsync();
        AssertDone(await hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
        Assert.True(hypervisor.Guests[0] is { Phase: GuestPhase.Suspended, HasCheckpoint: true }, $"{hypervisor.Guests[0]}");
        await EndReaderAsync();
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await BeyondAsync(last + 1);
    }

    private async Task HoldAsync()
    {
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(CancellationToken.None));
    }

    private async Task EndReaderAsync()
    {
        if (!reader.HasExited) reader.Kill();
        await reader.WaitForExitAsync();
    }

    private Task BeyondAsync(int tick) => new TickConsole(hypervisor, spec.Id).BeyondAsync(tick, looks: 1200);

    private static void AssertDone(GuestAnswer answer) =>
        Assert.True(answer.Outcome is GuestOutcome.Done or GuestOutcome.AlreadySo, answer.Sentence);
}
