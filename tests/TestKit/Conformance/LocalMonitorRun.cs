using System.Globalization;
using Opportunism.Agent.Monitors;

namespace Opportunism.TestKit.Conformance;

/// <summary>A monitor that runs on a thread of this process.</summary>
public sealed class LocalMonitorRun : IMonitorRun, IActivitySink
{
    private readonly TimeProvider time = TimeProvider.System;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly IActivityMonitor monitor;
    private readonly Thread thread;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int sightings;
    private long lastSeen;
    private long allocatedBefore = -1;
    private long allocated;
    private bool someoneWaits;

    public LocalMonitorRun(IActivityMonitor monitor)
    {
        this.monitor = monitor;
        lastSeen = time.GetTimestamp();

        // The kernel keeps the first fifteen letters of a thread's name.
        ThreadName = $"run {Guid.NewGuid():N}"[..15];
        thread = new Thread(Run) { IsBackground = true, Name = ThreadName };
        thread.Start();
    }

    public string ThreadName { get; }

    public MonitorStatus Sight { get; private set; } = MonitorStatus.NotYet;

    public Task<int> SightingsAsync() => Task.FromResult(Volatile.Read(ref sightings));

    public Task<TimeSpan> LastSeenAgoAsync() => Task.FromResult(time.GetElapsedTime(Volatile.Read(ref lastSeen)));

    public Task<long> AllocatedBetweenSightingsAsync() => Task.FromResult(Volatile.Read(ref allocated));

    public Task<long> SleepsAsync()
    {
        var task = Directory.EnumerateDirectories("/proc/self/task")
            .First(folder => File.ReadAllText(folder + "/comm").Trim() == ThreadName);
        var line = File.ReadLines(task + "/status").First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal));
        return Task.FromResult(long.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>The device or display that was active last; null when that is unknown.</summary>
    public ActivitySource? LastSource { get; private set; }

    public void Seen(ActivitySource? source = null) => Seen(TimeSpan.Zero, source);

    public void Seen(TimeSpan ago, ActivitySource? source = null)
    {
        LastSource = source;
        var now = GC.GetAllocatedBytesForCurrentThread();
        if (allocatedBefore >= 0) allocated = Math.Max(allocated, now - allocatedBefore);
        var at = time.GetTimestamp() - (long)(ago.TotalSeconds * time.TimestampFrequency);
        lock (gate)
        {
            lastSeen = Math.Max(lastSeen, at);
            sightings++;
            if (someoneWaits) news.TrySetResult();
        }

        allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
    }

    public void SightChanged(MonitorStatus sight) => Sight = sight;

    public Task StartMeasuringAllocationsAsync()
    {
        allocatedBefore = -1;
        allocated = 0;
        return Task.CompletedTask;
    }

    public async Task<bool> SeesMoreThanAsync(int sightings, TimeSpan within)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (this.sightings > sightings) return true;
                if (news.Task.IsCompleted) news = new(TaskCreationOptions.RunContinuationsAsynchronously);
                someoneWaits = true;
                wait = news.Task;
            }

            var left = within - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) return false;
            await Task.WhenAny(wait, Task.Delay(left, time));
            lock (gate) someoneWaits = false;
        }
    }

    public async Task<MonitorStatus> LookAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        return await monitor.LookAsync(limit.Token);
    }

    public async Task<bool> StopsAsync(TimeSpan within)
    {
        await stop.CancelAsync();
        return await Task.WhenAny(ended.Task, Task.Delay(within, time)) == ended.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (!await StopsAsync(TimeSpan.FromSeconds(10)))
            throw new TimeoutException($"The monitor {monitor.Name} has not stopped for 10 s.");
        await ended.Task;
        stop.Dispose();
    }

    private void Run()
    {
        try
        {
            monitor.WatchAsync(this, stop.Token).GetAwaiter().GetResult();
            ended.SetResult();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            ended.SetResult();
        }
        catch (Exception broken)
        {
            ended.SetException(broken);
        }
    }
}
