using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors;
using Opportunism.UnitTests.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>The whole way of the deciding thread, from one wait to the next, allocates nothing: a collection would stop it.</summary>
public sealed class DecidingAllocationTests
{
    private static readonly AvailabilityTimes Times = new();

    private readonly SetTime time = new();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task From_one_wait_to_the_next_nothing_is_allocated(int inMemory)
    {
        await using var guests = new StillGuests { GuestsInMemory = inMemory };
        var monitor = new ScriptedMonitor("scripted");
        var ledger = new ActivityLedger(time);
        using var stop = new CancellationTokenSource();
        var watch = new MonitorWatch([monitor], ledger, time, NullLogger<MonitorWatch>.Instance);
        var watching = watch.WatchAsync(stop.Token);
        await monitor.StartedAsync();
        await watch.LookAsync(stop.Token);
        var wakeUp = new CountingWakeUp();
        var memory = new MemoryCondition(new SetMemory(), Threshold.AtLeast(1024, 512), 256);
        var loop = new AvailabilityLoop(
            ledger, watch, new ConditionSet([memory]), new GuestBrake(guests, BrakeTimes.Default, time, time.Pass), guests,
            new Level<NodePolicy>(new(false, Times)), wakeUp, time, wakeUp, new DecisionLog(wakeUp, NullLogger<DecisionLog>.Instance));
        ledger.Woken = loop;
        loop.Step();
        VisitAndLeave();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < DecisionQueue.Capacity; i++) VisitAndLeave();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        // Each of them was shown and logged by others, who were woken.
        Assert.True(wakeUp.Woken >= DecisionQueue.Capacity * 4, $"woken {wakeUp.Woken} times");
        await stop.CancelAsync();
        await watching;

        void VisitAndLeave()
        {
            time.Pass(Times.IdleFor);
            loop.Step();
            if (guests.Frozen) throw new InvalidOperationException("The node did not become Available.");
            monitor.Sink.Seen();
            loop.Step();
            if (!guests.Frozen) throw new InvalidOperationException("The guests were not frozen.");
        }
    }

    /// <summary>A clock that a test moves; the one of the testing package allocates.</summary>
    private sealed class SetTime : TimeProvider
    {
        private long ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public override DateTimeOffset GetUtcNow() => new(TimeSpan.TicksPerDay * 700_000 + ticks, TimeSpan.Zero);

        public void Pass(TimeSpan time) => ticks += time.Ticks;
    }

    private sealed class SetMemory : IMemoryReader
    {
        public double? AvailableMiB() => 4096;
    }

    private sealed class CountingWakeUp : IWakeUp
    {
        public int Woken { get; private set; }

        public void Wake() => Woken++;

        public void Wait(TimeSpan? atMost) => throw new InvalidOperationException("This test takes its own steps.");
    }

    private sealed class StillGuests : IMachineGuests, IGuestFreezer
    {
        public event Action? GuestsChanged
        {
            add { }
            remove { }
        }

        public bool Frozen { get; private set; }

        public string Name => "still";

        public IGuestFreezer Freezer => this;

        public int GuestsInMemory { get; set; }

        public IReadOnlyList<GuestStatus> Guests => [];

        public bool FreezeAll() => Frozen = true;

        public bool ThawAll() => !(Frozen = false);

        public bool StopAll() => true;

        public bool KillAll() => true;

        public long GuestCpuNanoseconds() => 1;

        public Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RecoverAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<GuestAnswer> ReleaseAsync(Opportunism.Core.GuestId id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
