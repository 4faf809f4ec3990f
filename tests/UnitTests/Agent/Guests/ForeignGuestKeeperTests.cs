using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Fake;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class ForeignGuestKeeperTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new();
    private readonly FakeMachine machine;
    private readonly FakeHypervisor hypervisor;
    private readonly Level<NodeStatus> node;
    private readonly Level<NodePlan> plan = new(new NodePlan());
    private readonly CancellationTokenSource stop = new();
    private readonly string image = Path.GetTempFileName();
    private readonly GuestSpec guest = new(GuestId.New(), "guest", 1, 128, 1, new string('a', 64), ImageFormat.Raw);
    private ForeignGuestKeeper caretaker = null!;
    private Task running = Task.CompletedTask;

    public ForeignGuestKeeperTests()
    {
        machine = new FakeMachine(time);
        hypervisor = new FakeHypervisor(machine, time);
        node = new(StatusOf(NodeState.InUse));
    }

    public async ValueTask InitializeAsync()
    {
        caretaker = new ForeignGuestKeeper(hypervisor, node, plan, time, NullLogger<ForeignGuestKeeper>.Instance);
        await caretaker.PrepareAsync(stop.Token);
        running = caretaker.RunAsync(stop.Token);
        Enter(NodeState.Available);
        // Somebody else starts it, which the caretaker never does.
        Assert.True((await hypervisor.StartAsync(guest, image, stop.Token)).IsDone);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        File.Delete(image);
    }

    [Fact]
    public async Task A_frozen_guest_is_held_when_HoldAfter_has_passed_and_not_before()
    {
        Enter(NodeState.Frozen);
        await PassAsync(new AvailabilityTimes().HoldAfter - TimeSpan.FromMilliseconds(50));
        Assert.Equal(GuestPhase.Running, Phase);
        await PassAsync(TimeSpan.FromMilliseconds(50));
        await UntilAsync(() => Phase == GuestPhase.Held);
    }

    [Fact]
    public async Task A_held_guest_goes_on_when_the_owner_has_left()
    {
        Enter(NodeState.Frozen);
        await UntilAsync(() => Phase == GuestPhase.Held);
        await PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(GuestPhase.Held, Phase);
        Enter(NodeState.Available);
        await UntilAsync(() => Phase == GuestPhase.Running);
    }

    [Fact]
    public async Task A_guest_that_is_to_leave_is_held_at_once_and_neither_ended_nor_let_go_on()
    {
        Enter(NodeState.Evicting);
        for (var looks = 0; Phase != GuestPhase.Held; looks++)
        {
            Assert.True(looks < 5000, "It is not held though no time needs to pass.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(GuestPhase.Held, Phase);
    }

    [Fact]
    public async Task What_cannot_be_held_is_tried_again_until_it_can()
    {
        machine.Faults.HoldFails = true;
        Enter(NodeState.Frozen);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(GuestPhase.Running, Phase);
        machine.Faults.HoldFails = false;
        await PassAsync(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Phase == GuestPhase.Held);
    }

    [Fact]
    public async Task A_guest_that_somebody_lets_go_on_while_the_owner_is_there_is_held_again()
    {
        Enter(NodeState.Frozen);
        await UntilAsync(() => Phase == GuestPhase.Held);
        Assert.True((await hypervisor.ReleaseAsync(guest.Id, stop.Token)).IsDone);
        await UntilAsync(() => Phase == GuestPhase.Held);
    }

    [Fact]
    public async Task A_guest_that_its_cloud_shuts_down_may_run_once_and_for_a_while_while_the_owner_stays()
    {
        plan.Set(new NodePlan { Version = 1, CloudGuests = new CloudGuests { MustRun = { guest.Id.Value } } });
        Enter(NodeState.Frozen);
        await UntilAsync(() => Phase == GuestPhase.Held);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(GuestPhase.Held, Phase);

        Enter(NodeState.Evicting);
        await UntilAsync(() => Phase == GuestPhase.Running);
        await UntilAsync(() => caretaker.Reports.Current.Guests.Single().Phase == "Running");
        await PassAsync(TimeSpan.FromSeconds(29));
        Assert.Equal(GuestPhase.Running, Phase);
        await UntilAsync(() => Phase == GuestPhase.Held);
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(GuestPhase.Held, Phase);
    }

    [Fact]
    public async Task One_that_cannot_be_let_run_to_shut_down_is_tried_again()
    {
        machine.Faults.Refuse = (request, _) => request == "LetLeave" ? new GuestAnswer(GuestOutcome.TryLater, "libvirt is busy.") : null;
        plan.Set(new NodePlan { Version = 1, CloudGuests = new CloudGuests { MustRun = { guest.Id.Value } } });
        Enter(NodeState.Evicting);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(GuestPhase.Held, Phase);
        machine.Faults.Refuse = null;
        await UntilAsync(() => Phase == GuestPhase.Running);
    }

    [Fact]
    public async Task A_guest_that_its_cloud_has_paused_stays_and_only_its_cloud_lets_it_go_on()
    {
        Enter(NodeState.Evicting);
        await UntilAsync(() => Phase == GuestPhase.Held);
        Assert.Equal(0, hypervisor.PausedGuests);
        plan.Set(new NodePlan { Version = 1, CloudGuests = new CloudGuests { Paused = { guest.Id.Value, "no id" } } });
        await UntilAsync(() => hypervisor.PausedGuests == 1);

        // Frozen once more on the way, and its cloud can speak to it again.
        Enter(NodeState.InUse);
        Assert.True(machine.Frozen);
        await UntilAsync(() => !machine.Frozen);
        Enter(NodeState.Available);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(GuestPhase.Held, Phase);
        Assert.True((await hypervisor.ReleaseAsync(guest.Id, stop.Token)).IsDone);
        Assert.Equal(0, hypervisor.PausedGuests);
    }

    [Fact]
    public async Task One_that_is_paused_no_more_goes_on_when_the_owner_is_away()
    {
        plan.Set(new NodePlan { Version = 1, CloudGuests = new CloudGuests { Paused = { guest.Id.Value } } });
        Enter(NodeState.Frozen);
        await UntilAsync(() => Phase == GuestPhase.Held);
        Enter(NodeState.Available);
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(GuestPhase.Held, Phase);

        // A controller that has just started knows nothing yet.
        plan.Set(new NodePlan { Version = 2 });
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(GuestPhase.Held, Phase);
        plan.Set(new NodePlan { Version = 3, CloudGuests = new CloudGuests() });
        await UntilAsync(() => Phase == GuestPhase.Running);
    }

    [Fact]
    public async Task Each_guest_is_reported_with_its_phase_and_a_plan_that_names_guests_is_a_health_item()
    {
        await UntilAsync(
            () => caretaker.Reports.Current.Guests.Any(report => report.GuestId == guest.Id.Value && report.Phase == "Running"));
        Assert.Empty(caretaker.Reports.Current.Health);
        plan.Set(new NodePlan { Version = 7, Guests = { new GuestPlan { GuestId = GuestId.New().Value } } });
        await UntilAsync(() => caretaker.Reports.Current.PlanVersion == 7);
        Assert.Equal("guests.plan.not-run-here", Assert.Single(caretaker.Reports.Current.Health).Code);
        Enter(NodeState.Frozen);
        await UntilAsync(() => caretaker.Reports.Current.Guests.Single() is { Phase: "Held", HoldMs: > 0 });
    }

    private GuestPhase? Phase => hypervisor.Guests.FirstOrDefault(status => status.Id == guest.Id)?.Phase;

    /// <summary>As the deciding thread does it: the brake first, then everybody is told.</summary>
    private void Enter(NodeState state)
    {
        if (state == NodeState.Available) machine.ThawAll();
        else machine.FreezeAll();

        // No two states begin at the same moment.
        time.Advance(TimeSpan.FromTicks(1));
        node.Set(StatusOf(state));
    }

    private async Task PassAsync(TimeSpan span)
    {
        var step = TimeSpan.FromTicks(Math.Max(span.Ticks / 40, TimeSpan.TicksPerMillisecond * 50));
        for (var passed = TimeSpan.Zero; passed < span; passed += step)
        {
            time.Advance(step);
            // The caretaker works on other threads; this gives them the processor.
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private async Task UntilAsync(Func<bool> so)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !so();)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1),
                $"Node {node.Current.State}, guest {Phase}; reports: {string.Join("; ", caretaker.Reports.Current.Guests)}");
            await PassAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    private NodeStatus StatusOf(NodeState state) =>
        new(state, new Reason(ReasonCode.Starting), time.GetUtcNow(), time.GetTimestamp(), new AvailabilityTimes());
}
