using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors.Fake;
using Opportunism.UnitTests.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>What the deciding loop makes of a twitch: it freezes, and does not count against IdleFor.</summary>
public sealed class TwitchTests : IAsyncLifetime
{
    private static readonly AvailabilityTimes Times = new();
    private static readonly ActivitySource Mouse = new("Optical Mouse", "event4", MovesByItself: true);

    private readonly FakeTimeProvider time = new();
    private readonly ScriptedMonitor monitor = new("scripted");
    private readonly CancellationTokenSource stop = new();
    private readonly MonitorWatch watch;
    private readonly AvailabilityLoop loop;
    private Task watching = Task.CompletedTask;

    public TwitchTests()
    {
        var (machine, ledger) = (new FakeMachine(time), new ActivityLedger(time));
        watch = new MonitorWatch([monitor], ledger, time, NullLogger<MonitorWatch>.Instance);
        loop = new AvailabilityLoop(
            ledger, watch, new ConditionSet([]), new GuestBrake(machine, BrakeTimes.Default, time, time.Advance),
            new FakeHypervisor(machine, time),
            new Level<NodeFlags>(new(false, Times)), new NoWakeUp(), time, new NoWakeUp(),
            new DecisionLog(new NoWakeUp(), NullLogger<DecisionLog>.Instance));
    }

    public async ValueTask InitializeAsync()
    {
        watching = watch.WatchAsync(stop.Token);
        await monitor.StartedAsync();
        await watch.LookAsync(stop.Token);
        time.Advance(Times.IdleFor);
        loop.Step();
        loop.Publisher.Step();
        Assert.Equal(NodeState.Available, loop.Status.Current.State);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }

    [Fact]
    public void A_twitch_takes_the_node_back_for_ThawAfter_alone()
    {
        monitor.Sink.Seen(Mouse);
        loop.Step();
        loop.Publisher.Step();
        Assert.Equal((NodeState.InUse, "scripted: Optical Mouse (event4)"), (loop.Status.Current.State, loop.LastSeen));

        // To freeze has taken a moment of it.
        Assert.Equal(NodeState.InUse, After(Times.ThawAfter - loop.QuietFor - TimeSpan.FromTicks(1)));
        Assert.Equal(NodeState.Available, After(TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void What_is_confirmed_takes_it_back_for_IdleFor()
    {
        monitor.Sink.Seen(Mouse);
        Assert.Equal(NodeState.InUse, After(TimeSpan.FromSeconds(5)));
        monitor.Sink.Seen(Mouse);

        Assert.Equal(NodeState.InUse, After(Times.IdleFor - TimeSpan.FromTicks(1)));
        Assert.Equal(NodeState.Available, After(TimeSpan.FromTicks(1)));
    }

    private NodeState After(TimeSpan passes)
    {
        loop.Step();
        time.Advance(passes);
        loop.Step();
        loop.Publisher.Step();
        return loop.Status.Current.State;
    }

    private sealed class NoWakeUp : IWakeUp
    {
        public void Wake()
        {
        }

        public void Wait(TimeSpan? atMost) => Assert.Fail("The test makes each step itself.");
    }
}
