using Opportunism.Agent.Monitors;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>The contract that every monitor must keep with the agent. A test class of a monitor inherits it and implements how to play the
/// owner.</summary>
/// <remarks>Runs in real time with real devices or displays; limits are generous, since the machine may be busy.</remarks>
public abstract class MonitorConformance
{
    /// <summary>After this long without activity a monitor no longer ignores events and waits for the first one.</summary>
    protected static readonly TimeSpan Settles = IActivityMonitor.IgnoresEventsFor * 2.5;

    /// <summary>The limit for "at once" in a test that starts a program to make the event.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);

    /// <summary>Starts the monitor; it has at least one source.</summary>
    protected abstract Task<IMonitorRun> StartAsync();

    /// <summary>Plays one event of the owner; returns when it has happened.</summary>
    protected abstract Task ActAsync();

    /// <summary>Plays events as fast as they come.</summary>
    protected abstract Task StormAsync(TimeSpan lasts);

    /// <summary>Adds a source that exists and cannot be watched.</summary>
    protected abstract Task AddUnwatchableAsync();

    [Fact]
    public async Task The_first_event_after_quiet_is_seen_at_once()
    {
        await using var run = await StartedAsync();
        var before = await run.SightingsAsync();
        await ActAsync();
        Assert.True(
            await run.SeesMoreThanAsync(before, AtOnce), $"Nothing was seen within {AtOnce} of an event; {before} sightings before it.");
    }

    [Fact]
    public async Task Nothing_is_seen_while_nobody_is_there()
    {
        await using var run = await StartedAsync();
        var before = await run.SightingsAsync();
        Assert.False(
            await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(3)), $"Seen though nothing happened; {before} sightings before.");
    }

    [Fact]
    public async Task It_sleeps_without_waking_while_nobody_is_there()
    {
        await using var run = await StartedAsync();
        var before = await run.SleepsAsync();
        Assert.False(await run.SeesMoreThanAsync(await run.SightingsAsync(), TimeSpan.FromSeconds(3)), "Seen though nothing happened.");
        Assert.Equal(before, await run.SleepsAsync());
    }

    [Fact]
    public async Task It_is_blind_while_it_cannot_see_something()
    {
        await using var run = await StartedAsync();
        Assert.False((await run.LookAsync()).Blind);
        await AddUnwatchableAsync();
        var sight = await run.LookAsync();
        Assert.True(sight.Blind, $"Not blind: {sight.Sentence}");
        Assert.NotEmpty(sight.Health);
        Assert.All(sight.Health, item => Assert.True(item.Remedy.Length > 10, $"{item.Code} has no remedy."));
    }

    [Fact]
    public async Task It_stops_when_cancelled()
    {
        await using var run = await StartedAsync();
        Assert.True(await run.StopsAsync(AtOnce), $"Still running {AtOnce} after it was cancelled.");
    }

    [Fact]
    public async Task A_storm_of_events_costs_less_than_one_wake_up_a_second_and_no_memory()
    {
        await using var run = await StartedAsync();

        // The first events compile code and fill caches.
        await StormAsync(TimeSpan.FromSeconds(2));
        await run.StartMeasuringAllocationsAsync();
        var (sleeps, sightings) = (await run.SleepsAsync(), await run.SightingsAsync());
        await StormAsync(IActivityMonitor.IgnoresEventsFor * 4);
        var (slept, seen) = (await run.SleepsAsync() - sleeps, await run.SightingsAsync() - sightings);

        // Four periods of ignoring events and the storm's start; a sleep may begin before the first or after the last.
        Assert.InRange(slept, 3, 8);
        Assert.InRange(seen, 3, 8);
        Assert.Equal(0, await run.AllocatedBetweenSightingsAsync());
    }

    [Fact]
    public async Task No_event_is_missed_after_looking_away()
    {
        await using var run = await StartedAsync();
        for (var i = 0; i < 10; i++)
        {
            // Falls into every part of the time in which the monitor ignores events, and just after it.
            await Task.Delay(IActivityMonitor.IgnoresEventsFor * (0.02 + (0.13 * i)), TimeProvider.System);
            var before = TimeProvider.System.GetTimestamp();
            await ActAsync();
            while (await run.LastSeenAgoAsync() is var ago
                && ago > TimeProvider.System.GetElapsedTime(before) + TimeSpan.FromMilliseconds(20))
            {
                var waited = TimeProvider.System.GetElapsedTime(before);
                Assert.True(
                    waited < AtOnce + IActivityMonitor.IgnoresEventsFor,
                    $"Event {i} was missed: last seen {ago} ago, the event was {waited} ago.");
                await run.SeesMoreThanAsync(await run.SightingsAsync(), TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private async Task<IMonitorRun> StartedAsync()
    {
        var run = await StartAsync();
        var sight = await run.LookAsync();
        Assert.False(sight.Blind, $"Blind at the start: {sight.Sentence}");
        Assert.True(sight.Sources > 0, "It sees no source at the start.");
        await Task.Delay(Settles, TimeProvider.System);
        return run;
    }
}
