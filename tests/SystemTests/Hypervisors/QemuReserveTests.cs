using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What checkpoints and exported disks take of the owner's disk and page cache.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuReserveTests : IAsyncLifetime
{
    private const int MiB = 1024 * 1024;

    private QemuSite? site;
    private IHypervisor? hypervisor;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        if (site is not null) await site.CleanUpAsync();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Neither_a_checkpoint_nor_an_exported_disk_uses_what_is_kept_free()
    {
        var left = new DriveInfo("/var/tmp").AvailableFreeSpace / MiB;
        // The disk of this machine is used by others too: no room by far.
        var (spec, file) = await StartedAsync(keepFreeMiB: (int)left + 10_000);
        Assert.True(hypervisor!.Freezer.FreezeAll());
        Assert.True((await hypervisor.HoldAllAsync(Cancelled)).IsDone);

        AssertNoRoom(await hypervisor.CheckpointAsync(spec.Id, null, Cancelled));
        Assert.False(hypervisor.Guests.Single().HasCheckpoint);
        Assert.True((await hypervisor.StopAsync(spec.Id, TimeSpan.Zero, Cancelled)).IsDone);
        AssertNoRoom(await hypervisor.ExportDiskAsync(spec.Id, file, null, Cancelled));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_disk_is_exported_at_the_pace_that_was_asked_for_and_leaves_nothing_in_the_page_cache()
    {
        var (spec, file) = await StartedAsync(keepFreeMiB: 0);
        Assert.True((await hypervisor!.StopAsync(spec.Id, TimeSpan.Zero, Cancelled)).IsDone);
        const long pace = 4 * MiB;

        var began = TimeProvider.System.GetTimestamp();
        var answer = await hypervisor.ExportDiskAsync(spec.Id, file, pace, Cancelled);
        var took = TimeProvider.System.GetElapsedTime(began);

        Assert.True(answer.IsDone, answer.Sentence);
        var bytes = new FileInfo(file).Length;
        // qemu-img counts what it writes in slices of 100 ms, the last of which it does not wait for.
        Assert.True(took > TimeSpan.FromSeconds(((double)bytes / pace) - 1), $"{bytes} bytes took {took}.");
        Assert.InRange(await CachedBytesAsync(file), 0, bytes / 10);
    }

    private async Task<(GuestSpec Spec, string File)> StartedAsync(int keepFreeMiB)
    {
        site = new QemuSite(keepFreeMiB: keepFreeMiB);
        var image = await site.MakeImageAsync(disk: true);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(Cancelled);
        await hypervisor.ProbeAsync(Cancelled);
        var spec = new GuestSpecMaker().Make(image);
        var answer = await hypervisor.StartAsync(spec, image.Path, Cancelled);
        Assert.True(answer.IsDone, answer.Sentence);
        return (spec, Path.Combine(Path.GetDirectoryName(image.Path)!, "exported.qcow2"));
    }

    private static void AssertNoRoom(GuestAnswer answer)
    {
        Assert.Equal(GuestOutcome.TryLater, answer.Outcome);
        Assert.Contains("KeepFreeMiB", answer.Sentence, StringComparison.Ordinal);
    }

    /// <summary>What of a file is in memory, from util-linux, which the product needs anyway.</summary>
    private static async Task<long> CachedBytesAsync(string file)
    {
        using var fincore = Process.Start(
            new ProcessStartInfo("fincore", ["--bytes", "--noheadings", "--output", "RES", file]) { RedirectStandardOutput = true })!;
        var text = await fincore.StandardOutput.ReadToEndAsync(Cancelled);
        await fincore.WaitForExitAsync(Cancelled);
        return long.Parse(text.Trim(), CultureInfo.InvariantCulture);
    }
}
