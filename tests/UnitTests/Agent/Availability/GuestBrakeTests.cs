using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

public sealed class GuestBrakeTests
{
    private readonly FakeTimeProvider time = new();
    private readonly StubbornFreezer freezer = new();
    private readonly GuestBrake brake;

    public GuestBrakeTests() => brake = new(freezer, BrakeTimes.Default, time, pause => { time.Advance(pause); freezer.Run(pause); });

    [Fact]
    public void Guests_that_stand_still_after_the_freeze_need_no_cruder_brake()
    {
        var result = brake.FreezeAll();

        Assert.Equal(new(Brake.Freeze, TimeSpan.Zero, TimeSpan.Zero), result);
        Assert.Equal(["freeze"], freezer.Calls);
    }

    [Fact]
    public void What_guests_use_until_they_stand_still_is_told()
    {
        freezer.StopsAfter["freeze"] = TimeSpan.FromMilliseconds(0.9);

        var result = brake.FreezeAll();

        Assert.Equal(Brake.Freeze, result.Brake);
        Assert.Equal(TimeSpan.FromMilliseconds(0.9), result.StillIn);
        Assert.Equal(TimeSpan.FromMilliseconds(0.9), result.LeakedCpu);
    }

    [Theory]
    [InlineData("stop", Brake.Signal)]
    [InlineData("kill", Brake.Kill)]
    public void A_missed_deadline_brings_the_next_brake(string works, object expected)
    {
        foreach (var crude in new[] { "freeze", "stop", "kill" }.TakeWhile(name => name != works))
            freezer.StopsAfter[crude] = TimeSpan.MaxValue;

        Assert.Equal((Brake)expected, brake.FreezeAll().Brake);
        Assert.Equal(new[] { "freeze", "stop", "kill" }.TakeWhile(name => name != works).Append(works), freezer.Calls);
    }

    [Fact]
    public void A_refused_freeze_brings_the_next_brake_at_once()
    {
        freezer.Refuses.Add("freeze");
        var began = time.GetTimestamp();

        Assert.Equal(Brake.Signal, brake.FreezeAll().Brake);
        Assert.Equal(BrakeTimes.Default.Look, time.GetElapsedTime(began));
    }

    [Fact]
    public void A_guest_that_nothing_stops_is_told()
    {
        foreach (var name in new[] { "freeze", "stop", "kill" }) freezer.StopsAfter[name] = TimeSpan.MaxValue;

        Assert.Equal(Brake.None, brake.FreezeAll().Brake);
        Assert.Equal(["freeze", "stop", "kill"], freezer.Calls);
    }

    [Fact]
    public void Guests_that_may_run_again_have_the_lowest_rank_first()
    {
        brake.LetGuestsEnd(true);
        brake.ThawAll();

        Assert.Equal(["raise rank", "lower rank", "thaw"], freezer.Calls);
    }

    [Fact]
    public void A_clock_that_cannot_be_read_never_counts_as_standing_still()
    {
        freezer.Blind = true;

        Assert.Equal(Brake.None, brake.FreezeAll().Brake);
    }

    /// <summary>A freezer whose brakes can be made slow, useless or refused.</summary>
    private sealed class StubbornFreezer : IGuestFreezer
    {
        private TimeSpan left = TimeSpan.MaxValue;
        private TimeSpan used;

        public List<string> Calls { get; } = [];

        public Dictionary<string, TimeSpan> StopsAfter { get; } = [];

        public HashSet<string> Refuses { get; } = [];

        public bool Blind { get; set; }

        public void Run(TimeSpan elapsed)
        {
            var ran = elapsed < left ? elapsed : left;
            used += ran;
            if (left != TimeSpan.MaxValue) left -= ran;
        }

        public bool FreezeAll() => Call("freeze");

        public bool SignalAll() => Call("stop");

        public bool KillAll() => Call("kill");

        public bool ThawAll() => Call("thaw");

        public void SetPrompt(bool isPrompt) => Calls.Add(isPrompt ? "raise rank" : "lower rank");

        public long GuestCpuNanoseconds() => Blind ? -1 : used.Ticks * 100;

        private bool Call(string name)
        {
            Calls.Add(name);
            if (Refuses.Contains(name)) return false;
            left = StopsAfter.GetValueOrDefault(name);
            return true;
        }
    }
}
