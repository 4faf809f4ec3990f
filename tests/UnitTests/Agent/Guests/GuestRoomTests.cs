using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Disks;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>Guests whose disks grow on a real file system that becomes full.</summary>
[SupportedOSPlatform("linux")]
public sealed class GuestRoomTests : IAsyncLifetime
{
    private const int KeepFreeMiB = 16;
    private const int PagesPerMiB = 256;

    private readonly SmallDisk disk = new(64 * 1024);
    private readonly KeeperSite site;

    public GuestRoomTests() => site = new KeeperSite(disk.Folder) { KeepFreeMiB = KeepFreeMiB };

    public async ValueTask InitializeAsync() => await site.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await site.DisposeAsync();
        disk.Dispose();
    }

    [Fact]
    public async Task A_guest_that_grows_into_what_is_kept_free_stands_still_until_there_is_room_again()
    {
        var (writes, reads) = (await site.RunningAsync(), await site.RunningAsync());
        disk.Fill(KeepFreeMiB * PagesPerMiB / 2);

        await UntilHeldAsync(writes, () => site.Machine.WriteDisk(writes, 1));
        Assert.Equal(GuestPhase.Running, site.StatusOf(reads)!.Phase);
        await site.UntilAsync(() => Names(writes), "health names it, why and what to do");

        // As much as is kept free is not enough: it would be held again after its next write.
        disk.Fill((KeepFreeMiB * PagesPerMiB) + 1);
        await site.AssertNothingStartsRunningAsync(writes);
        disk.MakeRoom();
        await site.UntilAsync(writes, GuestPhase.Running);
        await site.UntilAsync(() => !Names(writes), "health is well again");
    }

    [Fact]
    public async Task A_guest_that_its_hypervisor_paused_on_a_full_disk_goes_on_by_itself()
    {
        var id = await site.RunningAsync();
        disk.Fill();
        site.Machine.WriteDisk(id, 1, isFull: true);
        await site.UntilAsync(() => Names(id), "health names it");
        await site.AssertNothingStartsRunningAsync(id);

        // Room that the owner makes while there lets nothing run before the owner has left.
        site.Enter(NodeState.Frozen);
        disk.MakeRoom();
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(8));
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task A_guest_whose_writes_fail_for_another_reason_is_tried_every_few_seconds_and_no_more()
    {
        var id = await site.RunningAsync();
        var releases = 0;
        site.Hypervisor.GuestsChanged += () =>
        {
            if (site.StatusOf(id)?.Phase != GuestPhase.Running) return;
            Interlocked.Increment(ref releases);
            site.Machine.WriteDisk(id, 1, isFull: true);
        };
        site.Machine.WriteDisk(id, 1, isFull: true);
        var began = site.Time.GetTimestamp();
        await site.UntilAsync(() => site.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(30), "time passes");
        Assert.InRange(Volatile.Read(ref releases), 2, 10);
    }

    private bool Names(GuestId id) => site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.no-room"
        && item.Sentence.Contains(id.Value, StringComparison.Ordinal) && item.Sentence.Contains(disk.Folder, StringComparison.Ordinal)
            && item.Remedy.Length > 0);

    /// <summary>Lets a guest write between each two looks until it is held.</summary>
    private Task UntilHeldAsync(GuestId id, Action write) => site.UntilAsync(() =>
    {
        write();
        return site.StatusOf(id)!.Phase == GuestPhase.Held;
    }, "the guest that writes is held");
}
