using Microsoft.Extensions.Logging;
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

public sealed class DecisionLogTests
{
    private static readonly AvailabilityTimes Times = new();

    [Fact]
    public void An_entry_is_logged_with_its_own_id()
    {
        var (logger, log) = Make();
        log.Add(
            new(
                DecisionKind.Entered, NodeState.Available, NodeState.Frozen, new(ReasonCode.OwnerSeen, "input"), 1,
                new(Brake.Freeze, TimeSpan.FromMilliseconds(1), default)));
        log.Add(
            new(
                DecisionKind.Entered, NodeState.Available, NodeState.Frozen, new(ReasonCode.OwnerSeen, "input"), 1,
                new(Brake.Signal, TimeSpan.FromMilliseconds(1), default)));
        log.Add(
            new(
                DecisionKind.Entered, NodeState.Available, NodeState.Frozen, new(ReasonCode.OwnerSeen, "input"), 1,
                new(Brake.None, TimeSpan.FromMilliseconds(1), default)));
        log.Add(new(DecisionKind.ThawRefused, NodeState.Frozen, NodeState.Available, default, 1, default));
        log.Add(new(DecisionKind.Frozen, NodeState.Available, NodeState.Available, default, 1, new(Brake.Kill, default, default)));
        log.Add(new(DecisionKind.Ended, NodeState.Frozen, NodeState.Frozen, default, 1, new(Brake.Freeze, default, default)));

        log.Step();

        Assert.Equal([1000, 1001, 1000, 1002, 1000, 1003, 1004, 1002, 1005], logger.Ids);
    }

    [Fact]
    public void What_was_dropped_is_counted_in_the_log_once_it_is_read_again()
    {
        var (logger, log) = Make();
        for (var i = 0; i < DecisionQueue.Capacity + 7; i++) log.Add(new(DecisionKind.ThawRefused, default, default, default, 0, default));

        log.Step();
        log.Step();

        Assert.Equal(["7"], logger.Entries.Where(entry => entry.Id == 1006).Select(entry => entry.Text.Split(' ')[0]));
    }

    /// <summary>As seen: the log is a pipe that is full and not read, and the call that logs never returns.</summary>
    [Fact]
    public async Task A_log_call_that_never_returns_hinders_neither_the_freeze_nor_the_status_nor_the_end()
    {
        var time = new FakeTimeProvider();
        var machine = new FakeMachine(time);
        var monitor = new ScriptedMonitor("scripted");
        var ledger = new ActivityLedger(time);
        var watch = new MonitorWatch([monitor], ledger, time, Microsoft.Extensions.Logging.Abstractions.NullLogger<MonitorWatch>.Instance);
        using BlockedLogger logger = new();
        using SignalWakeUp deciding = new(), publishing = new(), logging = new();
        var log = new DecisionLog(logging, logger);
        var loop = new AvailabilityLoop(
            ledger, watch, new ConditionSet([]), new GuestBrake(machine, BrakeTimes.Default, time, time.Advance),
            new FakeHypervisor(machine, time),
            new Level<NodeFlags>(new(false, Times)), deciding, time, publishing, log);
        ledger.Woken = loop;
        using CancellationTokenSource end = new(), decided = new();
        var watching = watch.WatchAsync(end.Token);
        await monitor.StartedAsync();
        await watch.LookAsync(end.Token);
        var loggingThread = Start(() => log.Run(decided.Token));
        var publisherThread = Start(() => loop.Publisher.Run(decided.Token));
        var decidingThread = Start(() => loop.Run(end.Token));

        // More decisions than the queue holds, every one after the first beside a log call that does not return.
        for (var i = 0; i < DecisionQueue.Capacity; i++)
        {
            time.Advance(Times.IdleFor);
            loop.Reconsider();
            await UntilAsync(NodeState.Available);
            Assert.False(machine.Frozen);
            if (i == 0) Assert.True(logger.Entered.Wait(TimeSpan.FromSeconds(30)), "Nothing was logged.");
            monitor.Sink.Seen();
            await UntilAsync(NodeState.InUse);
            Assert.True(machine.Frozen);
        }

        await end.CancelAsync();
        Assert.True(decidingThread.Join(TimeSpan.FromSeconds(30)), "The deciding thread did not end.");
        Assert.True(machine.Frozen);
        Assert.True(loggingThread.IsAlive);
        logger.Release();
        await decided.CancelAsync();
        Assert.True(loggingThread.Join(TimeSpan.FromSeconds(30)) && publisherThread.Join(TimeSpan.FromSeconds(30)));
        Assert.Contains(logger.Ids, id => id == 1006);
        await watching;

        async Task UntilAsync(NodeState state)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
            for (var status = loop.Status.Current; status.State != state;) status = await loop.Status.NewerThanAsync(status, limit.Token);
        }
    }

    private static Thread Start(Action run)
    {
        var thread = new Thread(() => run()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static (RecordingLogger Logger, DecisionLog Log) Make()
    {
        var logger = new RecordingLogger();
        return (logger, new DecisionLog(new NoWakeUp(), logger));
    }

    private class RecordingLogger : ILogger<DecisionLog>
    {
        public List<(int Id, string Text)> Entries { get; } = [];

        public IEnumerable<int> Ids => Entries.Select(entry => entry.Id);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public virtual void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Add((eventId.Id, formatter(state, exception)));
    }

    private sealed class BlockedLogger : RecordingLogger, IDisposable
    {
        private readonly ManualResetEventSlim released = new();

        public ManualResetEventSlim Entered { get; } = new();

        public void Release() => released.Set();

        public void Dispose()
        {
            released.Dispose();
            Entered.Dispose();
        }

        public override void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Entered.Set();
            released.Wait();
            base.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private sealed class NoWakeUp : IWakeUp
    {
        public void Wake()
        {
        }

        public void Wait(TimeSpan? atMost) => throw new InvalidOperationException("This test takes its own steps.");
    }

    /// <summary>Waits until woken; time that passes is the test's own affair.</summary>
    private sealed class SignalWakeUp : IWakeUp, IDisposable
    {
        private readonly AutoResetEvent woken = new(false);

        public void Wake() => woken.Set();

        public void Wait(TimeSpan? atMost) => woken.WaitOne();

        public void Dispose() => woken.Dispose();
    }
}
