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

public sealed class AvailabilityLoopTests : IAsyncLifetime
{
    private static readonly AvailabilityTimes Times = new();

    private readonly FakeTimeProvider time = new();
    private readonly FakeMachine machine;
    private readonly PlayedWakeUp wakeUp = new();
    private readonly BreakableCondition condition = new();
    private readonly ScriptedMonitor monitor = new("scripted");
    private readonly CancellationTokenSource stopWatching = new();
    private readonly MonitorWatch watch;
    private readonly DecisionLog log = new(new PlayedWakeUp(), NullLogger<DecisionLog>.Instance);
    private readonly AvailabilityLoop loop;
    private Task watching = Task.CompletedTask;

    public AvailabilityLoopTests()
    {
        machine = new FakeMachine(time);
        var ledger = new ActivityLedger(time);
        watch = new MonitorWatch([monitor], ledger, time, NullLogger<MonitorWatch>.Instance);
        loop = new AvailabilityLoop(
            ledger, watch, new ConditionSet([condition]), new GuestBrake(machine, BrakeTimes.Default, time, time.Advance),
            new FakeHypervisor(machine, time),
            new Level<NodeFlags>(new(false, Times)), wakeUp, time, new PlayedWakeUp(), log);
    }

    public async ValueTask InitializeAsync()
    {
        watching = watch.WatchAsync(stopWatching.Token);
        await monitor.StartedAsync();
        await watch.LookAsync(stopWatching.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stopWatching.CancelAsync();
        await watching;
        stopWatching.Dispose();
    }

    [Fact]
    public void Guests_stand_still_after_whatever_broke_it()
    {
        wakeUp.Meanwhile = LendThenBreak;

        Assert.Equal("broken", Assert.Throws<InvalidOperationException>(() => loop.Run(CancellationToken.None)).Message);

        Assert.True(machine.Frozen);

        void LendThenBreak()
        {
            condition.Broken = StateShown() == NodeState.Available;
            if (condition.Broken) Assert.False(machine.Frozen);
            time.Advance(Times.IdleFor);
        }
    }

    [Fact]
    public void Guests_stand_still_after_it_was_told_to_end()
    {
        using var stop = new CancellationTokenSource();
        wakeUp.Meanwhile = LendThenStop;

        loop.Run(stop.Token);

        Assert.True(machine.Frozen);

        void LendThenStop()
        {
            if (StateShown() == NodeState.Available)
            {
                Assert.False(machine.Frozen);
                stop.Cancel();
            }

            time.Advance(Times.IdleFor);
        }
    }

    private NodeState StateShown()
    {
        loop.Publisher.Step();
        return loop.Status.Current.State;
    }

    /// <summary>Instead of sleeping, lets the test do what happens meanwhile.</summary>
    private sealed class PlayedWakeUp : IWakeUp
    {
        private int waits;

        public Action Meanwhile { get; set; } = () => { };

        public void Wake()
        {
        }

        public void Wait(TimeSpan? atMost)
        {
            Assert.InRange(++waits, 1, 100);
            Meanwhile();
        }
    }

    private sealed class BreakableCondition : ICondition
    {
        public bool Broken { get; set; }

        public string Name => "breakable";

        public bool Holds => true;

        public string Sentence => "holds";

        public string Remedy => "";

        public void Sample(long now)
        {
            if (Broken) throw new InvalidOperationException("broken");
        }
    }
}
