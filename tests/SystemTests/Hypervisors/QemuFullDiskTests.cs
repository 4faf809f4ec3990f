using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Disks;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A real QEMU whose guest writes to a disk on a file system that is full.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuFullDiskTests : IAsyncLifetime
{
    private readonly SmallDisk disk = new(256 * 1024); // room for a checkpoint too
    private readonly QemuSite site;
    private IHypervisor hypervisor = null!;
    private TickImage image = null!;

    public QemuFullDiskTests() => site = new QemuSite(disk.Folder);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        image = await site.MakeImageAsync(disk: true);
        hypervisor = await MakeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
        disk.Dispose();
    }

    [Fact]
    public async Task A_guest_whose_write_finds_no_room_waits_for_it_and_loses_nothing()
    {
        var spec = await StartedOnFullDiskAsync();
        Assert.Equal(0, new TickConsole(hypervisor, spec.Id).Newest); // its first write never ends

        // Let go too early it waits again.
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, Cancelled));
        await UntilAsync(() => StatusOf(spec) is { Phase: GuestPhase.Held, WaitsForRoom: true }, "waits again");

        disk.MakeRoom();
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, Cancelled));
        await UntilAsync(() => new TickConsole(hypervisor, spec.Id).Newest > 2, "ticks on");
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Running, WaitsForRoom: false });
    }

    [Fact]
    public async Task It_stands_still_through_a_visit_of_the_owner_and_through_a_restart_of_the_agent()
    {
        var spec = await StartedOnFullDiskAsync();
        await hypervisor.DisposeAsync();
        hypervisor = await MakeAsync();
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, WaitsForRoom: true }, $"{StatusOf(spec)}");

        disk.MakeRoom();
        Assert.True(hypervisor.Freezer.FreezeAll());
        AssertDone(await hypervisor.HoldAllAsync(Cancelled));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, WaitsForRoom: true });
        AssertDone(await hypervisor.SuspendAsync(spec.Id, Cancelled));
        AssertDone(await hypervisor.ResumeAsync(spec.Id, Cancelled));
        await UntilAsync(() => new TickConsole(hypervisor, spec.Id).Newest > 2, "ticks on");
    }

    [Fact]
    public async Task A_release_that_the_owner_overtakes_lets_no_guest_run_that_waited_for_room()
    {
        var spec = await StartedOnFullDiskAsync();
        disk.MakeRoom();
        Assert.True(hypervisor.Freezer.FreezeAll());
        var release = hypervisor.ReleaseAsync(spec.Id, new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => release);
        AssertDone(await hypervisor.HoldAllAsync(Cancelled));
        var used = hypervisor.Freezer.GuestCpuNanoseconds();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Cancelled);
        // QEMU's own housekeeping; a guest that ran would have used most of two seconds or ticked.
        Assert.InRange(hypervisor.Freezer.GuestCpuNanoseconds() - used, 0, 200_000_000);
        Assert.Equal(0, new TickConsole(hypervisor, spec.Id).Newest);
    }

    [Fact]
    public async Task A_guest_that_is_held_for_want_of_room_stands_still_until_it_is_released()
    {
        var spec = new GuestSpecMaker().Make(image);
        AssertDone(await hypervisor.StartAsync(spec, image.Path, Cancelled));
        await UntilAsync(() => new TickConsole(hypervisor, spec.Id).Newest > 0, "ticks");
        Assert.True(hypervisor.DiskBytes(spec.Id) is > 0 and < 64 << 20);

        AssertDone(await hypervisor.HoldForRoomAsync(spec.Id, Cancelled));

        var before = new TickConsole(hypervisor, spec.Id).Newest;
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Held, WaitsForRoom: true });
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System, Cancelled);
        Assert.Equal(before, new TickConsole(hypervisor, spec.Id).Newest);
        AssertDone(await hypervisor.ReleaseAsync(spec.Id, Cancelled));
        await UntilAsync(() => new TickConsole(hypervisor, spec.Id).Newest > before, "ticks on");
    }

    private async Task<IHypervisor> MakeAsync()
    {
        var made = site.Make();
        await made.RecoverAsync(Cancelled);
        await made.ProbeAsync(Cancelled);
        return made;
    }

    private async Task<GuestSpec> StartedOnFullDiskAsync()
    {
        var spec = new GuestSpecMaker().Make(image);
        AssertDone(await hypervisor.StartAsync(spec, image.Path, Cancelled));
        // It boots for seconds before its first write, which needs a new cluster of 16 pages. What is left is for its console.
        disk.Fill(pagesLeft: 4);
        await UntilAsync(() => StatusOf(spec) is { Phase: GuestPhase.Held, WaitsForRoom: true }, "waits for room");
        return spec;
    }

    private GuestStatus StatusOf(GuestSpec spec) => hypervisor.Guests.Single(guest => guest.Id == spec.Id);

    private async Task UntilAsync(Func<bool> so, string what)
    {
        for (var tries = 0; !so(); tries++)
        {
            Assert.True(tries < 900, $"Not so: the guest {what}. {string.Join("; ", hypervisor.Guests)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancelled);
        }
    }

    private static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, answer.Sentence);
}
