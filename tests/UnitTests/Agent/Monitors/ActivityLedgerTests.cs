using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

public sealed class ActivityLedgerTests
{
    private readonly FakeTimeProvider time = new();
    private readonly RecordingWaker waker = new();

    [Fact]
    public void It_starts_as_if_the_owner_had_just_been_seen_by_nobody()
    {
        var ledger = Ledger();
        Assert.Equal(time.GetTimestamp(), ledger.LastSeenTimestamp);
        Assert.Equal("", ledger.LastSeenBy);
        Assert.Equal(0, waker.Wakes);
    }

    [Fact]
    public void A_sighting_is_remembered_and_wakes()
    {
        var ledger = Ledger();
        time.Advance(TimeSpan.FromSeconds(5));
        ledger.Seen("input");
        Assert.Equal(time.GetTimestamp(), ledger.LastSeenTimestamp);
        Assert.Equal("input", ledger.LastSeenBy);
        Assert.Equal(1, waker.Wakes);
    }

    [Fact]
    public void A_sighting_at_the_same_instant_wakes_too()
    {
        var ledger = Ledger();
        ledger.Seen("input");
        Assert.Equal(("input", 1), (ledger.LastSeenBy, waker.Wakes));
    }

    [Fact]
    public void A_sighting_older_than_what_is_known_changes_nothing()
    {
        var ledger = Ledger();
        time.Advance(TimeSpan.FromSeconds(5));
        ledger.Seen("input");
        var known = ledger.LastSeenTimestamp;
        time.Advance(TimeSpan.FromSeconds(1));
        ledger.Seen("x11", TimeSpan.FromSeconds(2));
        Assert.Equal((known, "input", 1), (ledger.LastSeenTimestamp, ledger.LastSeenBy, waker.Wakes));
    }

    [Fact]
    public void A_sighting_some_time_ago_counts_from_then()
    {
        var ledger = Ledger();
        time.Advance(TimeSpan.FromSeconds(5));
        ledger.Seen("x11", TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), time.GetElapsedTime(ledger.LastSeenTimestamp));
    }

    [Fact]
    public void A_sighting_in_the_future_counts_as_now()
    {
        var ledger = Ledger();
        time.Advance(TimeSpan.FromSeconds(5));
        ledger.Seen("x11", TimeSpan.FromSeconds(-2));
        Assert.Equal(TimeSpan.Zero, time.GetElapsedTime(ledger.LastSeenTimestamp));
    }

    [Fact]
    public void Seeing_allocates_nothing()
    {
        var ledger = Ledger();
        ledger.Seen("input");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) ledger.Seen("input");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_newest_of_many_threads_wins()
    {
        var ledger = new ActivityLedger(TimeProvider.System);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 10_000; i++) ledger.Seen("input");
        });
        var last = ledger.LastSeenTimestamp;
        ledger.Seen("x11", TimeSpan.FromMinutes(1));
        Assert.Equal(last, ledger.LastSeenTimestamp);
    }

    [Fact]
    public void The_device_that_was_active_last_is_named()
    {
        var ledger = Ledger();
        ledger.Seen("input", new("USB Keyboard", "event3", MovesByItself: false));
        Assert.Equal("USB Keyboard (event3)", ledger.LastSource?.Text);
        ledger.Seen("x11", TimeSpan.FromSeconds(-1), new(":0", "", MovesByItself: true));
        Assert.Equal(("x11", ":0"), (ledger.LastSeenBy, ledger.LastSource?.Text));
        ledger.Seen("input");
        Assert.Null(ledger.LastSource);
    }

    [Fact]
    public void Seeing_a_device_and_asking_for_its_presence_allocates_nothing()
    {
        var ledger = Ledger();
        var source = new ActivitySource("Mouse", "event4", MovesByItself: true);
        ledger.Seen("input", source);
        ledger.AwayFor(TimeSpan.FromSeconds(60));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            time.Advance(TimeSpan.Zero);
            ledger.Seen("input", source);
            ledger.AwayFor(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_same_twitch_seen_by_many_threads_is_one()
    {
        var ledger = new ActivityLedger(TimeProvider.System);
        var source = new ActivitySource("Mouse", "event4", MovesByItself: true);
        var before = ledger.AwayFor(TimeSpan.FromSeconds(60));
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 10_000; i++) ledger.Seen("input", source);
        });
        Assert.True(ledger.AwayFor(TimeSpan.FromSeconds(60)) > before, "A twitch was confirmed by itself.");
    }

    private ActivityLedger Ledger() => new(time) { Woken = waker };
}
