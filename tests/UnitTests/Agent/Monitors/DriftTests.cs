using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Monitors;
using Opportunism.Core.Activity;
using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

/// <summary>What sources do that move by themselves, and what people do with
/// them, as the times in seconds at which a monitor wakes: a source that
/// stays active wakes every 2.5 s, and the end of a short move wakes once more 2.5 s after its beginning.</summary>
public sealed class DriftTests
{
    private static readonly AvailabilityTimes Times = new();
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly ActivitySource Pointer = new("Optical Mouse", "event4", MovesByItself: true);
    private static readonly ActivitySource Keyboard = new("Keyboard", "event3", MovesByItself: false);

    private readonly FakeTimeProvider time = new();

    [Theory]
    // An optical mouse on glass: it jumps by a count or two, once or twice a minute.
    [InlineData(new[] { 200.0, 202.5, 241, 243.5, 290, 292.5, 333, 371, 373.5, 412 }, 60)]
    // A stick that crosses the edge of its dead zone as the room warms up.
    [InlineData(new[] { 180.0, 217, 254, 291, 328, 365, 402, 439, 476, 513 }, 60)]
    // A drop of water that runs down a touch screen.
    [InlineData(new[] { 300.0, 302.5 }, 60)]
    public void What_moves_by_itself_freezes_each_time_and_is_never_present(double[] wakes, int afterStart)
    {
        var freezes = 0;
        var lent = Play(wakes, Pointer, until: 600, (second, frozen) => freezes += frozen ? 1 : 0);

        Assert.All(lent.Where(moment => moment.Away < Times.IdleFor), moment => Assert.InRange(moment.At, 0, afterStart));
        Assert.Equal(Bursts(wakes), freezes);
    }

    [Theory]
    // A mouse that is moved for 4 s: more than one burst.
    [InlineData(new[] { 200.0, 202.5, 205 }, 205)]
    // A nudge to see whether the screen wakes up, and another one.
    [InlineData(new[] { 200.0, 208 }, 208)]
    // A person who reads and turns the wheel twice a minute.
    [InlineData(new[] { 140.0, 170, 200 }, 200)]
    // A person who plays with a stick for five seconds, watches for a quarter of a minute and plays again.
    [InlineData(new[] { 180.0, 182.5, 185, 200 }, 185)]
    public void A_person_with_the_same_source_is_present_for_IdleFor(double[] wakes, int confirmedAt)
    {
        var away = Play(wakes, Pointer, until: 300, (_, _) => { });

        Assert.All(
            away.Where(moment => moment.At >= confirmedAt && moment.At < wakes[^1] + 60),
            moment => Assert.True(moment.Away < Times.IdleFor, $"Away at {moment.At} s."));
        Assert.True(
            away.Single(moment => moment.At == (int)wakes[^1] + 60).Away >= Times.IdleFor, "Still present long after the last move.");
    }

    [Fact]
    public void A_stick_that_never_rests_is_present_for_as_long_as_it_does_not()
    {
        var wakes = Enumerable.Range(0, 1440).Select(i => 100 + (i * 2.5)).ToArray();
        var away = Play(wakes, Pointer, until: 4000, (_, _) => { });
        Assert.All(
            away.Where(moment => moment.At is >= 105 and < 3700),
            moment => Assert.True(moment.Away < Times.ThawAfter, $"Away at {moment.At} s."));
    }

    [Fact]
    public void A_single_key_is_certain()
    {
        var away = Play([200.0], Keyboard, until: 300, (_, _) => { });
        Assert.Equal(0, away.Single(moment => moment.At == 200).Away.TotalSeconds);
        Assert.Equal(59, away.Single(moment => moment.At == 259).Away.TotalSeconds);
    }

    [Fact]
    public void A_pointer_that_moves_soon_after_a_key_is_the_owners_hand()
    {
        var ledger = new ActivityLedger(time);
        time.Advance(200 * Second);
        ledger.Seen("input", Keyboard);
        time.Advance(8 * Second);
        ledger.Seen("x11", Pointer);
        Assert.Equal(TimeSpan.Zero, ledger.AwayFor(Times.IdleFor));
    }

    [Fact]
    public void Two_monitors_that_see_the_same_twitch_do_not_confirm_each_other()
    {
        var ledger = new ActivityLedger(time);
        time.Advance(200 * Second);
        ledger.Seen("input", Pointer);
        ledger.Seen("x11", Pointer);
        time.Advance(2.5 * Second);
        ledger.Seen("input", Pointer);
        ledger.Seen("x11", 0.2 * Second, Pointer);
        Assert.Equal(202.5 * Second, ledger.AwayFor(Times.IdleFor));
        Assert.Equal(TimeSpan.Zero, time.GetElapsedTime(ledger.LastSeenTimestamp));
    }

    [Fact]
    public void An_owner_who_acts_at_least_every_half_of_IdleFor_is_present_from_the_third_time_on() =>
        Gen.Int[1, (int)Times.IdleFor.TotalSeconds * 2].Array[3, 40].Sample(quarters =>
        {
            var clock = new FakeTimeProvider();
            var ledger = new ActivityLedger(clock);
            clock.Advance(TimeSpan.FromHours(1));
            var began = 0;
            var last = double.NegativeInfinity;
            var now = 0.0;
            foreach (var gap in quarters.Select(quarter => quarter / 4.0))
            {
                if (began >= 3 && ledger.AwayFor(Times.IdleFor) >= Times.IdleFor) return false;
                clock.Advance(gap * Second);
                now += gap;
                if (began >= 3 && ledger.AwayFor(Times.IdleFor) >= Times.IdleFor) return false;
                ledger.Seen("input", Pointer);
                if (now - last <= OwnerPresence.BurstLasts.TotalSeconds) continue;
                last = now;
                began++;
            }

            return true;
        });

    [Fact]
    public void Four_remembered_bursts_decide_as_all_of_them_would() =>
        Gen.Select(Gen.Int[1, 80], Gen.Int[0, 9]).Array[1, 60].Sample(steps =>
        {
            var clock = new FakeTimeProvider();
            var ledger = new ActivityLedger(clock);
            var all = new List<(double At, bool Certain)>();
            var now = 0.0;
            foreach (var (half, die) in steps)
            {
                now += half / 2.0;
                clock.Advance(half / 2.0 * Second);
                var (away, expected) = (ledger.AwayFor(Times.IdleFor), now - LastConfirmed(all));
                // Of a burst that is not the newest the end is not known: up to 3 s more of presence.
                if (expected < Times.IdleFor.TotalSeconds && away.TotalSeconds > expected) return false;
                if (expected >= Times.IdleFor.TotalSeconds + OwnerPresence.BurstLasts.TotalSeconds && away < Times.IdleFor) return false;
                all.Add((now, die == 0));
                ledger.Seen("input", die == 0 ? Keyboard : Pointer);
            }

            return true;
        });

    /// <summary>The rule a second time, over everything that ever happened.</summary>
    private static double LastConfirmed(List<(double At, bool Certain)> all)
    {
        var bursts = new List<(double Began, double Ended)>();
        var last = all.Where(wake => wake.Certain).Select(wake => wake.At).DefaultIfEmpty(0).Max();
        foreach (var (at, _) in all)
        {
            if (bursts.Count > 0 && at - bursts[^1].Began <= OwnerPresence.BurstLasts.TotalSeconds)
                bursts[^1] = bursts[^1] with { Ended = at };
            else bursts.Add((at, at));
        }

        for (var i = 1; i < bursts.Count; i++)
        {
            var second = bursts[i].Began - bursts[i - 1].Began <= OwnerPresence.SecondWithin.TotalSeconds;
            var third = i > 1
                && bursts[i].Began - bursts[i - 2].Began <= Times.IdleFor.TotalSeconds + (2 * OwnerPresence.BurstLasts.TotalSeconds);
            if (second || third) last = Math.Max(last, bursts[i].Ended);
        }

        return last;
    }

    private static int Bursts(double[] wakes)
    {
        var (count, began) = (0, double.NegativeInfinity);
        foreach (var wake in wakes.Where(wake => wake - began > OwnerPresence.BurstLasts.TotalSeconds)) (count, began) = (count + 1, wake);
        return count;
    }

    /// <summary>Plays the wake-ups on a node with a guest, as the deciding thread would see
    /// them twice a second; answers how long the owner was away at each whole second.</summary>
    private List<(int At, TimeSpan Away)> Play(double[] wakes, ActivitySource source, int until, Action<double, bool> entered)
    {
        var ledger = new ActivityLedger(time);
        var (seconds, next, state) = (new List<(int, TimeSpan)>(), 0, NodeState.InUse);
        for (var half = 0; half <= until * 2; half++)
        {
            for (; next < wakes.Length && wakes[next] <= half / 2.0; next++) ledger.Seen("input", source);
            var now = new Moment
            {
                State = state,
                InState = TimeSpan.Zero,
                QuietFor = time.GetElapsedTime(ledger.LastSeenTimestamp),
                AwayFor = ledger.AwayFor(Times.IdleFor),
                LastSeenBy = ledger.LastSeenBy,
                Guests = state == NodeState.InUse ? 0 : 1,
            };
            if (AvailabilityRules.Next(now, Times) is { } verdict)
            {
                state = verdict.State;
                entered(half / 2.0, state == NodeState.Frozen);
                Assert.True(
                    state != NodeState.Available || now.QuietFor >= Times.ThawAfter,
                    $"Guests run at {half / 2.0} s, {now.QuietFor} after activity.");
            }

            if (half % 2 == 0) seconds.Add((half / 2, now.AwayFor));
            time.Advance(0.5 * Second);
        }

        return seconds;
    }
}
