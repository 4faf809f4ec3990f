using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Reports;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestKeeperTests : IAsyncLifetime
{
    private readonly KeeperSite site = new();

    public async ValueTask InitializeAsync() => await site.StartAsync();

    public ValueTask DisposeAsync() => site.DisposeAsync();

    [Fact]
    public async Task A_guest_is_started_only_once_the_node_is_available()
    {
        var id = site.Wish(GuestWish.Running);
        await site.UntilAsync(() => site.ReportOf(id)?.Phase == "Preparing", "it is reported while it waits");
        Assert.Null(site.StatusOf(id));
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
        await site.UntilAsync(() => site.ReportOf(id) is { Phase: "Running", Generation: 1 }, "it is reported running");
    }

    [Fact]
    public async Task A_plan_with_too_many_guests_makes_a_report_that_the_controller_accepts()
    {
        for (var guests = 0; guests < NodeContract.MostGuests; guests++) site.Wish(GuestWish.Running);
        await site.UntilAsync(() => site.Keeper.Reports.Current.Guests.Count == NodeContract.MostGuests, "all are reported");
        Assert.Empty(site.Keeper.Reports.Current.Health);
        site.Wish(GuestWish.Running);
        await site.UntilAsync(
            () => site.Keeper.Reports.Current.Health.Any(item => item.Sentence == "The plan names 65 guests; 64 are the most a node "
                + "takes."),
            "the plan is refused");
        AssertAccepted(NodeContract.MostGuests);
    }

    [Fact]
    public async Task Guests_beyond_a_reports_limit_are_counted_and_those_of_the_plan_come_first()
    {
        var stranger = await site.RunningAsync();
        site.Drop(stranger);
        await site.UntilAsync(
            () => site.ReportOf(stranger) is not null && site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.not-in-plan"),
            "it is reported");
        for (var guests = 0; guests < NodeContract.MostGuests; guests++) site.Wish(GuestWish.Running);
        await site.UntilAsync(
            () => site.Keeper.Reports.Current.Health.Any(item => item.Sentence == "1 guest of this node is not reported: a report holds "
                + "64."),
            "one is left out");
        Assert.Null(site.ReportOf(stranger));
        AssertAccepted(NodeContract.MostGuests);
    }

    [Fact]
    public async Task An_owner_that_stays_gets_the_memory_back_and_the_guest_goes_on_later()
    {
        var id = await site.RunningAsync();
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(id, GuestPhase.Held);
        await site.UntilAsync(() => site.StatusOf(id)!.HasCheckpoint, "it is saved beside the owner");
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(id, GuestPhase.Suspended);
        site.Enter(NodeState.InUse);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(30));
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task A_bump_costs_the_guest_only_a_pause()
    {
        var id = await site.RunningAsync();
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(id, GuestPhase.Held);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(5));
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task A_checkpoint_under_way_is_cancelled_when_the_owner_leaves()
    {
        var id = await site.RunningAsync(plan => plan.MemoryMib = 512);
        site.Enter(NodeState.Frozen);
        await site.UntilAsync(
            () => site.Time.GetElapsedTime(site.Node.Current.SinceTimestamp) > TimeSpan.FromSeconds(12), "the copy is under way");
        Assert.False(site.StatusOf(id)!.HasCheckpoint);
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task Nothing_runs_while_guests_are_frozen_held_saved_and_evicted()
    {
        await site.RunningAsync();
        await site.RunningAsync(plan => plan.EvictionPolicy = "relocate");
        site.Enter(NodeState.Frozen);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(20));
        site.Enter(NodeState.Evicting);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(20));
        await site.UntilAsync(() => site.Hypervisor.GuestsInMemory == 0, "all memory is back");
    }

    [Fact]
    public async Task A_start_that_the_owner_interrupts_does_not_run()
    {
        site.Machine.Faults.Delay = TimeSpan.FromSeconds(3);
        site.Enter(NodeState.Available);
        var id = site.Wish(GuestWish.Running);
        await site.UntilAsync(() => site.StatusOf(id) is not null, "the start is under way");
        site.Enter(NodeState.Frozen);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(GuestPhase.Stopped, site.StatusOf(id)!.Phase);
        site.Enter(NodeState.Available);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task A_guest_that_cannot_be_suspended_is_stopped_in_the_end()
    {
        var id = await site.RunningAsync();
        site.Machine.Faults.Refuse = (request, _) =>
            request == "Suspend" ? new GuestAnswer(GuestOutcome.TryLater, "the disk is full") : null;
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(id, GuestPhase.Stopped);
        Assert.Equal(0, site.Hypervisor.GuestsInMemory);
    }

    [Fact]
    public async Task Each_policy_gives_the_memory_back_in_its_own_way()
    {
        var suspended = await site.RunningAsync();
        var relocated = await site.RunningAsync(plan => plan.EvictionPolicy = "relocate");
        var terminated = await site.RunningAsync(plan => plan.EvictionPolicy = "terminate");
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(suspended, GuestPhase.Suspended);
        await site.UntilAsync(
            () => site.ReportOf(relocated)?.Phase == "HandedOver" && site.StatusOf(relocated) is { InMemory: false },
            "the disk is handed over");
        await site.UntilAsync(
            () => site.StatusOf(terminated) is null && site.ReportOf(terminated)?.Phase == "Failed", "it is gone and says why");
        Assert.Equal(
            site.ReportOf(relocated)!.DiskSha256,
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(site.Files.Disks[relocated.Value])));
        Assert.Contains("terminate", site.ReportOf(terminated)!.Sentence, StringComparison.Ordinal);

        // None of the two comes back by itself, not even after a restart.
        await site.RestartAsync();
        site.Enter(NodeState.Available);
        await site.UntilAsync(suspended, GuestPhase.Running);
        Assert.NotEqual(GuestPhase.Running, site.StatusOf(relocated)?.Phase);
        Assert.Null(site.StatusOf(terminated));
    }

    [Fact]
    public async Task A_relocated_guest_that_comes_back_boots_from_the_disk_it_left_with()
    {
        var id = await site.RunningAsync(plan => plan.EvictionPolicy = "relocate");
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(() => site.ReportOf(id)?.Phase == "HandedOver", "the disk is handed over");
        var sha = site.ReportOf(id)!.DiskSha256;
        site.Wish(GuestWish.HandedOver, id);
        await site.UntilAsync(() => site.StatusOf(id) is null, "nothing of it is left here");
        site.Enter(NodeState.Available);
        site.Wish(GuestWish.Running, id, plan => (plan.DiskSha256, plan.DiskBytes) = (sha, (ulong)site.Files.Disks[id.Value].Length));
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task Stopped_and_gone_are_carried_out_in_any_state()
    {
        var stopped = await site.RunningAsync();
        var gone = await site.RunningAsync();
        site.Enter(NodeState.Frozen);
        site.Wish(GuestWish.Stopped, stopped);
        site.Wish(GuestWish.Gone, gone);
        await site.UntilAsync(stopped, GuestPhase.Stopped);
        await site.UntilAsync(() => site.StatusOf(gone) is null && site.ReportOf(gone) is null, "it is gone and no longer reported");
    }

    [Fact]
    public async Task A_guest_that_crashes_boots_again_more_and_more_patiently()
    {
        var id = await site.RunningAsync();
        var waits = new List<TimeSpan>();
        for (var crash = 0; crash < 3; crash++)
        {
            var began = site.Time.GetTimestamp();
            site.Machine.Crash(id);
            await site.UntilAsync(() => site.StatusOf(id)!.Phase == GuestPhase.Running, "it runs again");
            waits.Add(site.Time.GetElapsedTime(began));
        }

        // On a busy machine time moves on while the keeper waits for a processor: what counts is how soon it may.
        Assert.InRange(waits[0], TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(20));
        Assert.InRange(waits[1], TimeSpan.FromSeconds(3.9), TimeSpan.FromSeconds(20));
        Assert.InRange(waits[2], TimeSpan.FromSeconds(7.9), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_guest_that_crashes_before_anyone_has_seen_it_run_is_not_booted_again_and_again()
    {
        var boots = 0;
        site.Hypervisor.GuestsChanged += () =>
        {
            if (site.Hypervisor.Guests.FirstOrDefault(guest => guest.Phase == GuestPhase.Running) is not { } running) return;
            Interlocked.Increment(ref boots);
            site.Machine.Crash(running.Id);
        };
        site.Enter(NodeState.Available);
        site.Wish(GuestWish.Running);
        await site.UntilAsync(() => Volatile.Read(ref boots) > 0, "it has booted once");
        var began = site.Time.GetTimestamp();
        await site.UntilAsync(() => site.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(25), "time passes");
        Assert.InRange(Volatile.Read(ref boots), 2, 5);
    }

    [Fact]
    public async Task A_guest_that_shut_itself_down_stays_off_until_the_tenant_asks_anew()
    {
        var id = await site.RunningAsync();
        site.Machine.ShutDownFromInside(id);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(20));
        site.Wish(GuestWish.Running, id, plan => plan.Generation = 2);
        await site.UntilAsync(id, GuestPhase.Running);
    }

    [Fact]
    public async Task A_guest_that_shut_itself_down_while_nobody_looked_stays_off_too()
    {
        var id = await site.RunningAsync();
        await site.RestartAsync(meanwhile: () => site.Machine.ShutDownFromInside(id));
        Assert.True(site.StatusOf(id)!.ShutItselfDown);
        site.Enter(NodeState.Available);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Why_a_start_failed_is_over_once_the_guest_runs()
    {
        site.Machine.Faults.Refuse = (request, _) => request == "Start" ? new GuestAnswer(GuestOutcome.TryLater, "no space left") : null;
        site.Enter(NodeState.Available);
        var id = site.Wish(GuestWish.Running);
        await site.UntilAsync(
            () => site.ReportOf(id)?.Sentence == "no space left"
                && site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.step-failed"),
            "it says why");
        site.Machine.Faults.Refuse = null;
        await site.UntilAsync(() => site.ReportOf(id)?.Phase == "Running", "it runs");
        await site.UntilAsync(
            () => site.ReportOf(id)?.Sentence == "" && site.Keeper.Reports.Current.Health.Count == 0, "nothing is left of why it did not");
    }

    [Fact]
    public async Task Guests_wait_where_there_is_no_room()
    {
        var first = await site.RunningAsync(plan => plan.MemoryMib = 400);
        var second = site.Wish(GuestWish.Running, change: plan => plan.MemoryMib = 200);
        await site.UntilAsync(
            () => site.ReportOf(second)?.Sentence.Contains("room", StringComparison.Ordinal) == true, "it says that it waits");
        site.Wish(GuestWish.Gone, first);
        await site.UntilAsync(second, GuestPhase.Running);
    }

    [Fact]
    public async Task An_agent_that_starts_without_its_controller_does_what_the_last_plan_said()
    {
        var runs = await site.RunningAsync();
        var stops = await site.RunningAsync();
        site.Wish(GuestWish.Stopped, stops);
        await site.UntilAsync(stops, GuestPhase.Stopped);
        await site.RestartAsync();
        Assert.Equal(GuestPhase.Held, site.StatusOf(runs)!.Phase);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(10));
        site.Enter(NodeState.Available);
        await site.UntilAsync(runs, GuestPhase.Running);
        Assert.Equal(GuestPhase.Stopped, site.StatusOf(stops)!.Phase);
    }

    [Fact]
    public async Task A_guest_that_the_plan_forgot_is_kept_and_reported()
    {
        var id = await site.RunningAsync();
        site.Drop(id);
        await site.UntilAsync(
            () => site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.not-in-plan"), "the controller is told");
        site.Enter(NodeState.Evicting);
        await site.UntilAsync(id, GuestPhase.Suspended);
        site.Enter(NodeState.Available);
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(GuestPhase.Suspended, site.StatusOf(id)!.Phase);
    }

    [Fact]
    public async Task A_hostile_guest_harms_no_other()
    {
        var id = await site.RunningAsync();
        site.Send(new GuestPlan { GuestId = "../../etc", Wish = "Running" }, new GuestPlan { GuestId = id.Value, Wish = "Gone" });
        await site.UntilAsync(
            () => site.Keeper.Reports.Current.Health.Any(item => item.Code == "guests.plan.refused"), "the refusal is reported");
        Assert.Equal(GuestPhase.Running, site.StatusOf(id)!.Phase);
    }

    [Fact]
    public async Task An_image_is_fetched_once_and_goes_on_where_the_connection_broke()
    {
        site.Files.BreaksAfter = 2000;
        site.Enter(NodeState.Available);
        var id = site.Wish(GuestWish.Running);
        var other = site.Wish(GuestWish.Running);
        await site.UntilAsync(
            () => site.StatusOf(id)?.Phase == GuestPhase.Running && site.StatusOf(other)?.Phase == GuestPhase.Running, "both run");
        Assert.Equal([0L, 2000L, 4000L], site.Files.Reads.Distinct().Order());
    }

    [Fact]
    public async Task A_disk_that_arrives_goes_on_where_the_connection_broke()
    {
        var disk = Enumerable.Range(0, 5000).Select(i => (byte)(i / 7)).ToArray();
        var sha = site.Files.Add(disk);
        site.Files.BreaksAfter = 2000;
        site.Enter(NodeState.Available);
        var id = site.Wish(GuestWish.Running, change: plan => (plan.DiskSha256, plan.DiskBytes) = (sha, (ulong)disk.Length));
        await site.UntilAsync(id, GuestPhase.Running);
        Assert.Equal([0L, 2000L, 4000L], site.Files.Reads);
    }

    [Fact]
    public async Task A_part_of_a_disk_goes_once_its_guest_is_not_to_come_any_more()
    {
        var sha = site.Files.Add(new byte[5000]);
        site.Files.BreaksAfter = 2000;
        site.Enter(NodeState.Available);
        var id = site.Wish(GuestWish.Running, change: plan => (plan.DiskSha256, plan.DiskBytes) = (sha, 5000));
        var incoming = Path.Combine(site.Options.StateFolder, "incoming");
        await site.UntilAsync(() => Directory.Exists(incoming) && Directory.GetFiles(incoming).Length == 1, "a part has come");
        site.Wish(GuestWish.Gone, id);
        await site.UntilAsync(() => Directory.GetFiles(incoming).Length == 0, "it is removed");
    }

    [Fact]
    public async Task A_fetch_that_hangs_keeps_no_guest_from_being_held()
    {
        var id = await site.RunningAsync();
        var hangs = new TaskCompletionSource();
        site.Files.Hangs = hangs.Task;
        var other = site.Files.Add(new byte[5000]);
        var late = site.Wish(GuestWish.Running, change: plan => plan.ImageSha256 = other);
        await site.UntilAsync(() => site.Files.Reads.Count == 2, "the second image is being fetched");

        site.Enter(NodeState.Frozen);
        await site.UntilAsync(id, GuestPhase.Held);

        hangs.SetResult();
        await site.AssertNothingRunsAsync(TimeSpan.FromSeconds(5));
        Assert.Null(site.StatusOf(late));
    }

    [Fact]
    public async Task A_console_is_sent_while_somebody_looks()
    {
        var id = await site.RunningAsync(plan => plan.ConsoleWanted = true);
        await site.UntilAsync(
            () => site.Files.Consoles.TryGetValue(id.Value,
            out var text) && System.Text.Encoding.ASCII.GetString(text).StartsWith("tick 0\ntick 1\n", StringComparison.Ordinal),
            "the ticks are there");
    }

    private void AssertAccepted(int guests)
    {
        var report = new NodeReport
        {
            ContractVersion = 1,
            RunId = "run",
            Sequence = 1,
            State = NodeStateKind.InUse,
            Guests = { site.Keeper.Reports.Current.Guests },
        };
        Assert.Equal(guests, report.Guests.Count);
        Assert.Null(ReportLimits.Problem(report));
    }
}
