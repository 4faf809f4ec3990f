using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>What becomes of nodes and their VMs when owners come and go, cables are pulled and secrets die.</summary>
public sealed class NodeLifeTests
{
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_visit_of_the_owner_closes_the_node_and_its_end_opens_it_again()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0].GuestId;
        await site.EventAsync("cloud.open", "pc-1");

        await agent.ReportAsync(report => report.State = NodeStateKind.Frozen);
        var closed = await site.EventAsync("cloud.close", "pc-1");
        Assert.Equal(VmStatus.Frozen, (await site.Admin.VmAsync(guest)).Status);

        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await agent.ReportAsync(report => report.State = NodeStateKind.InUse);
        await agent.ReportGuestAsync(guest, "Suspended", report => report.MemoryReturnedMs = 200);
        var suspended = await site.Admin.VmAsync(guest);
        Assert.Equal((VmStatus.Suspended, "pc-1", 200.0), (suspended.Status, suspended.Node, suspended.Times.MemoryReturnedMs));
        Assert.Equal("Running", Assert.Single(agent.Plan.Guests).Wish);

        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await agent.ReportGuestAsync(guest, "Running");
        await site.EventAsync("cloud.open", "pc-1", closed.Id);
        Assert.Equal(VmStatus.Running, (await site.Admin.VmAsync(guest)).Status);
    }

    [Fact]
    public async Task How_quickly_a_guest_was_held_and_went_on_is_told_with_its_node()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0].GuestId;
        var before = Assert.Single((await site.Admin.NodeAsync("pc-1")).Guests);
        Assert.Equal((null, null), (before.HoldMs, before.ThawMs));

        await agent.ReportGuestAsync(guest, "Running", report => (report.HoldMs, report.ThawMs) = (3, 5));
        var after = Assert.Single((await site.Admin.NodeAsync("pc-1")).Guests);
        Assert.Equal((3.0, 5.0), (after.HoldMs, after.ThawMs));
    }

    [Fact]
    public async Task A_silent_node_is_lost_and_closed_and_its_vm_is_started_nowhere_else()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await TestSite.StartAsync(time);
        await using var other = await site.EnrolAsync("pc-2");
        FakeAgent back;
        string guest;
        await using (var agent = await RunningAsync(site, "pc-1", "relocate"))
        {
            guest = agent.Report.Guests[0].GuestId;
            await site.EventAsync("cloud.open", "pc-1");
            await other.ConnectAsync();
            time.Advance(LostAfter - TimeSpan.FromSeconds(1));
            await other.ReportAsync(report => report.State = NodeStateKind.Available);
            time.Advance(TimeSpan.FromSeconds(1));
            await site.EventAsync("node.lost", "pc-1");
            back = agent.At(site);
        }

        await site.EventAsync("cloud.close", "pc-1");
        var vm = await site.Admin.VmAsync(guest);
        Assert.Equal((VmStatus.NodeLost, "pc-1"), (vm.Status, vm.Node));
        Assert.False((await site.Admin.NodeAsync("pc-2")).Lost);
        Assert.Empty(other.Plan.Guests);

        await using (back)
        {
            await back.ConnectAsync();
            var lost = (await site.Admin.StatusAsync()).NewestEvent;
            await back.ReportAsync();
            await site.EventAsync("cloud.open", "pc-1", lost);
            Assert.Equal(VmStatus.Running, (await site.Admin.VmAsync(guest)).Status);
            Assert.False((await site.Admin.NodeAsync("pc-1")).Lost);
        }
    }

    [Fact]
    public async Task A_vm_deleted_while_its_node_was_lost_is_cleared_away_when_it_is_back()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await TestSite.StartAsync(time);
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0].GuestId;
        time.Advance(LostAfter);
        await site.EventAsync("node.lost", "pc-1");
        Assert.Equal(VmStatus.Deleted, (await site.Admin.DeleteVmAsync(guest)).Status);

        await agent.ReportAsync();
        Assert.Equal((guest, "Gone"), (Assert.Single(agent.Plan.Guests).GuestId, agent.Plan.Guests[0].Wish));
        await agent.ReportAsync(report => report.Guests.Clear());
        await agent.PlanAsync(plan => plan.Guests.Count == 0);
    }

    [Fact]
    public async Task A_terminate_vm_ends_with_its_owners_return()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "terminate");
        var guest = agent.Report.Guests[0].GuestId;
        await agent.ReportAsync(report => report.State = NodeStateKind.Frozen);
        Assert.Equal("Running", Assert.Single(agent.Plan.Guests).Wish);
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await agent.PlanAsync(plan => plan.Guests[0].Wish == "Gone");
        await agent.ReportAsync(report => report.Guests.Clear());
        Assert.Equal(VmStatus.Terminated, (await site.Admin.VmAsync(guest)).Status);
        await agent.PlanAsync(plan => plan.Guests.Count == 0);
    }

    [Fact]
    public async Task A_vm_is_stopped_started_and_deleted()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0].GuestId;
        var generation = agent.Plan.Guests[0].Generation;

        await site.Admin.StopVmAsync(guest);
        await agent.PlanAsync(plan => plan.Guests[0] is { Wish: "Stopped" } wish && wish.Generation > generation);
        await agent.ReportGuestAsync(guest, "Stopped");
        Assert.Equal(VmStatus.Stopped, (await site.Admin.VmAsync(guest)).Status);

        Assert.Equal(VmStatus.Starting, (await site.Admin.StartVmAsync(guest)).Status);
        await agent.PlanAsync(plan => plan.Guests[0].Wish == "Running");
        await agent.ReportGuestAsync(guest, "Running");

        Assert.Equal(VmStatus.Deleting, (await site.Admin.DeleteVmAsync(guest)).Status);
        await agent.PlanAsync(plan => plan.Guests[0].Wish == "Gone");

        // A report from before it knew does not confirm.
        var late = agent.Report.Clone();
        late.Sequence = ++agent.Report.Sequence;
        late.PlanVersion = 1;
        late.Guests.Clear();
        await agent.SendAsync(late);
        await agent.PlanAsync(plan => plan.AcknowledgedSequence == late.Sequence);
        Assert.Equal(VmStatus.Deleting, (await site.Admin.VmAsync(guest)).Status);

        await agent.ReportAsync(report => report.Guests.Clear());
        Assert.Equal(VmStatus.Deleted, (await site.Admin.VmAsync(guest)).Status);
        Assert.Empty(await site.Admin.VmsAsync());
        Assert.Single(await site.Admin.VmsAsync(all: true));
    }

    [Fact]
    public async Task A_revoked_node_is_cut_at_once_and_its_vms_are_marked()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        await using var other = await site.EnrolAsync("pc-2");
        await other.ConnectAsync();
        Assert.True((await site.Admin.RevokeNodeAsync("pc-1")).Revoked);
        Assert.Equal(StatusCode.Unauthenticated, await agent.EndedAsync());
        await using var again = agent.At(site);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(again.ConnectAsync)).StatusCode);
        await site.EventAsync("cloud.close", "pc-1");
        Assert.Equal(VmStatus.NodeLost, (await site.Admin.VmAsync("vm-pc-1")).Status);
        await other.ReportAsync();
        await using var anew = await site.EnrolAsync("pc-1");
        Assert.Equal("pc-1-2", anew.Id);
    }

    [Fact]
    public async Task A_vm_of_a_revoked_node_continues_when_its_desktop_is_enrolled_again()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0];
        await site.Admin.RevokeNodeAsync("pc-1");
        Assert.Equal(StatusCode.Unauthenticated, await agent.EndedAsync());
        Assert.Contains("enrol the desktop again", (await site.Admin.VmAsync(guest.GuestId)).Why, StringComparison.Ordinal);

        await using var again = await site.EnrolAsync("pc-1");
        await again.ConnectAsync();
        await again.ReportAsync(report =>
        {
            report.State = NodeStateKind.Available;
            report.Guests.Add(guest.Clone());
        });
        var plan = await again.PlanAsync(plan => plan.Guests.Count > 0);
        Assert.Equal((guest.GuestId, "Running"), (plan.Guests[0].GuestId, plan.Guests[0].Wish));
        var vm = await site.Admin.VmAsync(guest.GuestId);
        Assert.Equal((VmStatus.Running, "pc-1-2", 1), (vm.Status, vm.Node, vm.Placements));
    }

    [Fact]
    public async Task A_revoked_node_hears_why_also_while_a_plan_is_written_to_it()
    {
        var plans = new HeldPlans();
        await using var site = await TestSite.StartAsync(
            null, _ => { }, builder => builder.Services.AddSingleton(plans).AddGrpc(grpc => grpc.Interceptors.Add<HeldPlans>()));
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync();
        plans.Holds = true;
        agent.Report.Sequence++;
        await agent.SendAsync(agent.Report);
        await plans.Met;
        await site.Admin.RevokeNodeAsync("pc-1");
        plans.GoOn();
        Assert.Equal(StatusCode.Unauthenticated, await agent.EndedAsync());
    }

    [Fact]
    public async Task Drain_and_snooze_reach_the_node_and_close_it()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        await site.EventAsync("cloud.open", "pc-1");
        await site.Admin.DrainNodeAsync("pc-1");
        Assert.True((await agent.PlanAsync(plan => plan.Drained)).Drained);
        var closed = await site.EventAsync("cloud.close", "pc-1");
        await site.Admin.UndrainNodeAsync("pc-1");
        var opened = await site.EventAsync("cloud.open", "pc-1", closed.Id);
        var until = site.Time.GetUtcNow().AddHours(1);
        await site.Admin.SnoozeNodeAsync("pc-1", until);
        Assert.Equal(until, (await agent.PlanAsync(plan => plan.SnoozedUntil is not null)).SnoozedUntil.ToDateTimeOffset());
        await site.EventAsync("cloud.close", "pc-1", opened.Id);
        Assert.Contains("snoozed", (await site.Admin.NodeAsync("pc-1")).Reason, StringComparison.Ordinal);
        await site.Admin.SnoozeNodeAsync("pc-1", null);
        await agent.PlanAsync(plan => plan.SnoozedUntil is null);
    }

    [Fact]
    public async Task An_owners_snooze_is_shown_until_it_is_over()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await RunningAsync(site, "pc-1", "suspend");
        var until = site.Time.GetUtcNow().AddHours(1);
        await agent.ReportAsync(report => report.SnoozedUntil = until.ToTimestamp());
        Assert.Equal(until, (await site.Admin.NodeAsync("pc-1")).OwnerSnoozedUntil);
        await agent.ReportAsync(report => report.SnoozedUntil = site.Time.GetUtcNow().ToTimestamp());
        Assert.Null((await site.Admin.NodeAsync("pc-1")).OwnerSnoozedUntil);
    }

    /// <summary>A node that is available and runs one VM of that policy.</summary>
    internal static async Task<FakeAgent> RunningAsync(TestSite site, string node, string policy)
    {
        var agent = await site.EnrolAsync(node);
        await agent.ConnectAsync();
        if (!(await site.Admin.ImagesAsync()).Any()) await site.UploadAsync("tiny");
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        var vm = await site.Admin.CreateVmAsync(new NewVm { Name = $"vm-{node}", Image = "tiny", MemoryMiB = 256, Policy = policy });
        await agent.PlanAsync(plan => plan.Guests.Any(guest => guest.GuestId == vm.Id));
        await agent.ReportGuestAsync(vm.Id, "Running");
        return agent;
    }
}
