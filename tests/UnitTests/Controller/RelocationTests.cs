using System.Security.Cryptography;
using Grpc.Core;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>A VM whose owner stays goes on elsewhere, from its disk, and never in two places.</summary>
public sealed class RelocationTests
{
    private readonly byte[] disk = RandomNumberGenerator.GetBytes(300_000);

    [Fact]
    public async Task A_relocating_vm_boots_from_its_disk_on_another_node()
    {
        await using var site = await TestSite.StartAsync();
        await using var from = await NodeLifeTests.RunningAsync(site, "pc-1", "relocate");
        await using var to = await site.EnrolAsync("pc-2");
        await to.ConnectAsync();
        await to.ReportAsync(report => report.State = NodeStateKind.Available);
        var guest = from.Report.Guests[0].GuestId;

        await from.ReportAsync(report => report.State = NodeStateKind.Frozen);
        await from.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await from.PlanAsync(plan => plan.Guests[0].Wish == "HandedOver");
        Assert.Equal(VmStatus.Relocating, (await site.Admin.VmAsync(guest)).Status);
        await from.ReportGuestAsync(guest, "Leaving", report => report.Progress = 0.5);

        var sha256 = await from.WriteDiskAsync(guest, disk);
        Assert.Empty(to.Plan.Guests);
        await from.ReportGuestAsync(guest, "HandedOver", report => report.DiskSha256 = sha256);
        var plan = await to.PlanAsync(plan => plan.Guests.Count == 1);
        Assert.Equal(
            (guest, "Running", sha256, (ulong)disk.Length),
            (plan.Guests[0].GuestId, plan.Guests[0].Wish, plan.Guests[0].DiskSha256, plan.Guests[0].DiskBytes));
        Assert.Equal("Gone", Assert.Single(from.Plan.Guests).Wish);

        using (var call = to.Client.ReadDisk(new ReadDiskRequest { GuestId = guest, Sha256 = sha256 }, to.Credentials))
            Assert.Equal(disk, await FakeAgent.ReadAllAsync(call));
        using (var call = from.Client.ReadDisk(new ReadDiskRequest { GuestId = guest, Sha256 = sha256 }, from.Credentials))
        {
            Assert.Equal(
                StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => FakeAgent.ReadAllAsync(call))).StatusCode);
        }

        await to.ReportGuestAsync(guest, "Running");
        await from.ReportAsync(report => report.Guests.Clear());
        await from.PlanAsync(plan => plan.Guests.Count == 0);
        var vm = await site.Admin.VmAsync(guest);
        Assert.Equal((VmStatus.Running, "pc-2", 2), (vm.Status, vm.Node, vm.Placements));
        Assert.Empty(Directory.GetFiles(Path.Combine(site.Folder, "disks")));
    }

    [Fact]
    public async Task It_waits_where_there_is_no_room_and_survives_a_restart_meanwhile()
    {
        await using var site = await TestSite.StartAsync();
        FakeAgent back;
        string guest;
        string sha256;
        await using (var from = await NodeLifeTests.RunningAsync(site, "pc-1", "relocate"))
        {
            guest = from.Report.Guests[0].GuestId;
            await from.ReportAsync(report => report.State = NodeStateKind.Evicting);
            await from.PlanAsync(plan => plan.Guests[0].Wish == "HandedOver");
            sha256 = await from.WriteDiskAsync(guest, disk);
            await from.ReportGuestAsync(guest, "HandedOver", report => report.DiskSha256 = sha256);
            await from.ReportAsync(report =>
            {
                report.State = NodeStateKind.InUse;
                report.Guests.Clear();
            });
            back = from;
            var waiting = await site.Admin.VmAsync(guest);
            Assert.Equal((VmStatus.Waiting, null), (waiting.Status, waiting.Node));
            Assert.NotEmpty(waiting.Why);
        }

        await site.RestartAsync();
        await using var again = back.At(site);
        await again.ConnectAsync();
        await again.ReportAsync(report => report.State = NodeStateKind.Available);
        var plan = await again.PlanAsync(plan => plan.Guests.Count == 1);
        Assert.Equal((guest, sha256), (plan.Guests[0].GuestId, plan.Guests[0].DiskSha256));
    }

    [Fact]
    public async Task A_disk_that_is_not_what_it_says_is_refused_and_leaves_nothing()
    {
        await using var site = await TestSite.StartAsync();
        await using var from = await NodeLifeTests.RunningAsync(site, "pc-1", "relocate");
        var guest = from.Report.Guests[0].GuestId;
        await from.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await from.PlanAsync(plan => plan.Guests[0].Wish == "HandedOver");
        await using var stranger = await NodeLifeTests.RunningAsync(site, "pc-2", "suspend");
        await AssertRefusedAsync(StatusCode.DataLoss, from.WriteDiskAsync(guest, disk, new string('a', 64)));
        await AssertRefusedAsync(StatusCode.PermissionDenied, stranger.WriteDiskAsync(guest, disk));
        await AssertRefusedAsync(StatusCode.PermissionDenied, stranger.WriteDiskAsync(stranger.Report.Guests[0].GuestId, disk));
        Assert.Empty(Directory.GetFiles(Path.Combine(site.Folder, "disks")));
        Assert.Equal(VmStatus.Relocating, (await site.Admin.VmAsync(guest)).Status);
    }

    [Fact]
    public async Task A_checksum_in_the_last_message_counts_like_one_in_the_first()
    {
        await using var site = await TestSite.StartAsync();
        await using var from = await NodeLifeTests.RunningAsync(site, "pc-1", "relocate");
        var guest = from.Report.Guests[0].GuestId;
        await from.ReportAsync(report => report.State = NodeStateKind.Evicting);
        var plan = await from.PlanAsync(plan => plan.Guests[0].Wish == "HandedOver");
        Assert.True(plan.LateDiskSha256);
        await AssertRefusedAsync(StatusCode.DataLoss, from.WriteDiskAsync(guest, disk, new string('a', 64), isLate: true));
        await AssertRefusedAsync(StatusCode.InvalidArgument, from.WriteDiskAsync(guest, disk, "", isLate: true));
        Assert.Empty(Directory.GetFiles(Path.Combine(site.Folder, "disks")));
        var sha256 = await from.WriteDiskAsync(guest, disk, isLate: true);
        Assert.Equal([$"{guest}.{sha256}"], Directory.GetFiles(Path.Combine(site.Folder, "disks")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_node_that_is_refused_again_and_again_keeps_its_connection()
    {
        await using var site = await TestSite.StartAsync();
        await using var node = await NodeLifeTests.RunningAsync(site, "pc-1", "suspend");
        // Where refused calls are not read on, about the 270th breaks the connection.
        for (var i = 0; i < 400; i++)
            await AssertRefusedAsync(StatusCode.PermissionDenied, node.WriteDiskAsync(node.Report.Guests[0].GuestId, disk));
        await node.ReportAsync();
    }

    private static async Task AssertRefusedAsync(StatusCode code, Task writing)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => writing);
        Assert.True(refusal.StatusCode == code, $"{code} was expected, and this came: {refusal.Status}");
    }
}
