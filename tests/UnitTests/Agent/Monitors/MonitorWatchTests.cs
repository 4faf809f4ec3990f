using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

public sealed class MonitorWatchTests : IAsyncDisposable
{
    // On a busy machine other threads may come late.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider time = new();
    private readonly RecordingWaker waker = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ScriptedMonitor first = new("first");
    private readonly ScriptedMonitor second = new("second");
    private readonly ActivityLedger ledger;
    private readonly MonitorWatch watch;
    private Task running = Task.CompletedTask;

    public MonitorWatchTests()
    {
        ledger = new(time) { Woken = waker };
        watch = new([first, second], ledger, time, NullLogger<MonitorWatch>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
        stop.Dispose();
    }

    [Fact]
    public void Before_they_have_looked_monitors_are_blind() => Assert.Equal("first", watch.BlindMonitor);

    [Fact]
    public async Task When_all_see_and_one_has_a_source_none_is_blind()
    {
        second.Look = _ => Task.FromResult(ScriptedMonitor.Sees(0));
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        Assert.Equal(["first", "second"], watch.Sights.Select(sight => sight.Monitor));
    }

    [Fact]
    public async Task When_none_has_a_source_all_together_are_blind()
    {
        first.Look = second.Look = _ => Task.FromResult(ScriptedMonitor.Sees(0));
        await RunAsync();
        await Eventually(() => watch.BlindMonitor == MonitorWatch.NothingToWatch);
    }

    [Fact]
    public async Task The_first_blind_one_is_named()
    {
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        second.Sink.SightChanged(ScriptedMonitor.BlindSight);
        Assert.Equal("second", watch.BlindMonitor);
    }

    [Fact]
    public async Task Going_blind_wakes_the_deciding_thread()
    {
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        var before = waker.Wakes;
        second.Sink.SightChanged(ScriptedMonitor.BlindSight);
        Assert.Equal(before + 1, waker.Wakes);
    }

    [Fact]
    public async Task Seeing_again_counts_as_activity_that_no_monitor_has_seen()
    {
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        second.Sink.Seen();
        second.Sink.SightChanged(ScriptedMonitor.BlindSight);
        time.Advance(TimeSpan.FromMinutes(1));
        second.Sink.SightChanged(ScriptedMonitor.Sees(1));
        Assert.Equal((time.GetTimestamp(), ""), (ledger.LastSeenTimestamp, ledger.LastSeenBy));
    }

    [Fact]
    public async Task A_sighting_reaches_the_ledger_under_the_monitors_name()
    {
        await RunAsync();
        time.Advance(TimeSpan.FromSeconds(7));
        second.Sink.Seen(TimeSpan.FromSeconds(2));
        Assert.Equal(("second", TimeSpan.FromSeconds(2)), (ledger.LastSeenBy, time.GetElapsedTime(ledger.LastSeenTimestamp)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_breaks_or_stops_is_blind_and_started_again_after_a_pause(bool breaks)
    {
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        if (breaks) first.Break("the wire was cut");
        else first.End();
        await Eventually(() => watch.BlindMonitor == "first");
        Assert.Contains(breaks ? "the wire was cut" : "stopped by itself", watch.Sights[0].Sight.Sentence, StringComparison.Ordinal);
        Assert.NotEmpty(watch.Sights[0].Sight.Health[0].Remedy);

        await PassAsync(WatchedMonitor.Pauses.First, () => first.Starts == 2);
        Assert.Equal("first", watch.BlindMonitor);
        first.Sink.SightChanged(ScriptedMonitor.Sees(1));
        Assert.Null(watch.BlindMonitor);
    }

    [Fact]
    public async Task One_that_keeps_breaking_is_started_ever_more_rarely()
    {
        await RunAsync();
        var pause = WatchedMonitor.Pauses.First;
        for (var start = 1; start <= 7; start++)
        {
            await Eventually(() => watch.Sights[0].Sight.Sentence != "broken by the test");
            first.Sink.SightChanged(new(0, true, "broken by the test", []));
            first.Break("again");
            await Eventually(() => watch.Sights[0].Sight.Sentence.Contains("again", StringComparison.Ordinal));
            await PassAsync(pause, () => first.Starts == start + 1);
            pause = pause * 2 < WatchedMonitor.Pauses.Longest ? pause * 2 : WatchedMonitor.Pauses.Longest;
        }
    }

    [Fact]
    public async Task One_that_does_not_answer_is_blind_until_it_does()
    {
        var answer = new TaskCompletionSource<MonitorStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        first.Look = _ => answer.Task;
        await RunAsync();
        first.Sink.SightChanged(ScriptedMonitor.Sees(1));
        second.Sink.SightChanged(ScriptedMonitor.Sees(1));
        Assert.Null(watch.BlindMonitor);

        await PassAsync(WatchedMonitor.ReplyLimit, () => watch.BlindMonitor == "first", watch.Step);
        Assert.Equal("monitor.hung", watch.Sights[0].Sight.Health[0].Code);

        answer.SetResult(ScriptedMonitor.Sees(1));
        await PassAsync(MonitorWatch.LooksEvery, () => watch.BlindMonitor is null, watch.Step);
    }

    [Fact]
    public async Task One_that_does_not_answer_is_not_asked_again_and_the_others_are()
    {
        var (firsts, seconds) = (0, 0);
        first.Look = _ =>
        {
            firsts++;
            return new TaskCompletionSource<MonitorStatus>().Task;
        };
        second.Look = _ =>
        {
            seconds++;
            return Task.FromResult(ScriptedMonitor.Sees(seconds));
        };
        running = watch.WatchAsync(stop.Token);
        await first.StartedAsync();
        await second.StartedAsync();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(WatchedMonitor.ReplyLimit, watch.Step());
            time.Advance(WatchedMonitor.ReplyLimit);
            Assert.Equal(MonitorWatch.LooksEvery - WatchedMonitor.ReplyLimit, watch.Step());
            time.Advance(MonitorWatch.LooksEvery - WatchedMonitor.ReplyLimit);
        }

        Assert.Equal((1, 3), (firsts, seconds));
        Assert.Equal(("first", "3 sources"), (watch.BlindMonitor, watch.Sights[1].Sight.Sentence));
    }

    [Fact]
    public async Task One_that_cannot_be_asked_or_answers_with_an_error_is_blind()
    {
        first.Look = _ => throw new IOException("no wire");
        second.Look = _ => Task.FromException<MonitorStatus>(new IOException("cut wire"));
        running = watch.WatchAsync(stop.Token);
        await first.StartedAsync();
        await second.StartedAsync();

        watch.Step();
        time.Advance(WatchedMonitor.ReplyLimit);
        watch.Step();

        Assert.Contains("no wire", watch.Sights[0].Sight.Sentence, StringComparison.Ordinal);
        Assert.Contains("cut wire", watch.Sights[1].Sight.Sentence, StringComparison.Ordinal);
        Assert.Equal("first", watch.BlindMonitor);
    }

    [Fact]
    public async Task Monitors_are_asked_as_soon_as_it_runs_and_it_ends_when_told()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = watch.WatchAsync(stop.Token);
        await first.StartedAsync();
        await second.StartedAsync();
        first.Look = _ =>
        {
            asked.TrySetResult();
            return Task.FromResult(ScriptedMonitor.Sees(1));
        };
        running = Task.WhenAll(started, watch.AskAsync(stop.Token));

        await asked.Task.WaitAsync(Patience);
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task What_a_monitor_says_by_itself_is_newer_than_its_answer()
    {
        var answer = new TaskCompletionSource<MonitorStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        first.Look = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var looking = watch.LookAsync(CancellationToken.None);
        await asked.Task.WaitAsync(Patience);
        first.Sink.SightChanged(ScriptedMonitor.BlindSight);
        answer.SetResult(ScriptedMonitor.Sees(1));
        var sights = await looking.WaitAsync(Patience);
        Assert.True(sights[0].Sight.Blind);
    }

    [Fact]
    public async Task Reading_whether_one_is_blind_allocates_nothing()
    {
        await RunAsync();
        await Eventually(() => watch.BlindMonitor is null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) GC.KeepAlive(watch.BlindMonitor);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private async Task RunAsync()
    {
        // Without the thread that asks: a round of its own must not come in the middle of a test.
        running = watch.WatchAsync(stop.Token);
        await first.StartedAsync();
        await second.StartedAsync();

        if (first.Look(default).IsCompleted) await watch.LookAsync(stop.Token);
    }

    /// <summary>Waits for other threads to come to what must follow without time passing.</summary>
    private static async Task Eventually(Func<bool> holds)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"It did not come about within {Patience}.");
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass in small steps until it holds, and checks that it took as long as expected and not longer.</summary>
    private async Task PassAsync(TimeSpan expected, Func<bool> holds, Func<TimeSpan>? each = null)
    {
        var step = TimeSpan.FromMilliseconds(500);
        var started = TimeProvider.System.GetTimestamp();
        var passed = TimeSpan.Zero;
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"It did not come about though {passed} had passed.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            each?.Invoke();
            if (holds()) break;
            time.Advance(step);
            passed += step;
        }

        // The wait begins on another thread, so the first steps may have passed before it.
        Assert.InRange(passed, expected, expected + (step * 20));
    }
}
