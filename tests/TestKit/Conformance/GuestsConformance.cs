using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>The contract with the agent of every class that controls this machine's guests, whether it starts them or not.</summary>
/// <remarks>Guests are tick guests: they print "tick N" once a second, counted in their memory, so a lost or repeated second is
/// found.</remarks>
public abstract class GuestsConformance
{
    // On a machine whose disk and processors are busy with other tests the first or second attempt succeeds.
    private const int MostAttempts = 10;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The guests, from the agent that runs now.</summary>
    protected abstract IMachineGuests Guests { get; }

    /// <summary>Longest time a guest needs until its first tick: twenty times the time on a quiet machine, since guests yield to everything
    /// else that runs.</summary>
    private static TimeSpan BootTime => TimeSpan.FromMinutes(2);

    /// <summary>A guest that counts, started in the way that guests are started here.</summary>
    protected abstract Task<GuestId> StartedGuestAsync();

    protected abstract TickConsole ConsoleOf(GuestId guest);

    /// <summary>Lets time pass for guests: real time, or by moving a fake clock.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    /// <summary>The agent dies and a new one starts.</summary>
    protected abstract Task RestartAsync();

    [Fact]
    public async Task A_thawed_guest_goes_on_after_a_bump()
    {
        var guest = await StartedGuestAsync();
        Assert.Equal(1, Guests.GuestsInMemory);
        Assert.True(Guests.Freezer.FreezeAll());
        await AssertStandsStillAsync(guest);
        var before = ConsoleOf(guest).Newest;
        Assert.True(Guests.Freezer.ThawAll());
        await TickBeyondAsync(guest, before + 1);
    }

    [Fact]
    public async Task A_guest_goes_through_freeze_hold_thaw_and_release_again_and_again()
    {
        var guest = await StartedGuestAsync();
        for (var round = 0; round < 3; round++)
        {
            Assert.True(Guests.Freezer.FreezeAll());
            await HoldAllAsync();
            await HoldAllAsync();
            Assert.Equal(GuestPhase.Held, PhaseOf(guest));
            await AssertStandsStillAsync(guest);
            var before = ConsoleOf(guest).Newest;
            Assert.True(Guests.Freezer.ThawAll());
            AssertDone(await Guests.ReleaseAsync(guest, Cancelled));
            Assert.Equal(GuestPhase.Running, PhaseOf(guest));
            AssertDone(await Guests.ReleaseAsync(guest, Cancelled));
            await TickBeyondAsync(guest, before + 1);
        }
    }

    [Fact]
    public async Task Stopping_from_outside_is_reversible()
    {
        var guest = await StartedGuestAsync();
        Assert.True(Guests.Freezer.SignalAll());
        await AssertStandsStillAsync(guest);
        var before = ConsoleOf(guest).Newest;
        Assert.True(Guests.Freezer.ThawAll());
        await TickBeyondAsync(guest, before + 1);
    }

    [Fact]
    public async Task A_restart_finds_every_guest_standing_still_and_able_to_go_on()
    {
        var guest = await StartedGuestAsync();
        var before = ConsoleOf(guest).Newest;
        await RestartAsync();
        Assert.Equal(1, Guests.GuestsInMemory);
        await AssertStandsStillAsync(guest);
        await HoldAllAsync();
        Assert.Equal(GuestPhase.Held, PhaseOf(guest));
        Assert.True(Guests.Freezer.ThawAll());
        AssertDone(await Guests.ReleaseAsync(guest, Cancelled));
        await TickBeyondAsync(guest, before + 1);
    }

    [Fact]
    public async Task A_guest_that_is_not_here_is_not_let_go_on()
    {
        var unknown = GuestId.New();
        var answer = await Guests.ReleaseAsync(unknown, Cancelled);
        Assert.Equal(GuestOutcome.Refused, answer.Outcome);
        Assert.Contains(unknown.Value, answer.Sentence, StringComparison.Ordinal);
        await HoldAllAsync();
    }

    protected GuestPhase? PhaseOf(GuestId guest) => Guests.Guests.FirstOrDefault(status => status.Id == guest)?.Phase;

    /// <summary>Holds all guests as the agent does: guests that are not held in time are frozen by the kernel, and the request is
    /// repeated.</summary>
    protected async Task HoldAllAsync()
    {
        var answer = await Guests.HoldAllAsync(Cancelled);
        for (var attempt = 1; answer.Outcome == GuestOutcome.TryLater && attempt < MostAttempts; attempt++)
        {
            await PassAsync(TimeSpan.FromSeconds(1));
            answer = await Guests.HoldAllAsync(Cancelled);
        }

        AssertDone(answer);
    }

    /// <summary>Waits until the guest has counted beyond a number.</summary>
    protected Task TickBeyondAsync(GuestId guest, int tick) =>
        UntilAsync(guest, () => ConsoleOf(guest).Newest > tick, $"ticked beyond {tick}");

    /// <summary>Waits until something that a guest does within its boot time is so.</summary>
    protected async Task UntilAsync(GuestId guest, Func<bool> so, string what)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var waited = TimeSpan.Zero; !so(); waited += step)
        {
            var status = Guests.Guests.FirstOrDefault(status => status.Id == guest);
            Assert.True(
                waited < BootTime, $"Guest {guest} ({status?.Phase}, '{status?.Sentence}') has not {what} within {BootTime}.");
            await PassAsync(step);
        }
    }

    /// <summary>Asserts that the guest does not run for a while.</summary>
    protected async Task AssertStandsStillAsync(GuestId guest)
    {
        // Its earlier output may still be on its way.
        await PassAsync(TimeSpan.FromMilliseconds(200));
        var before = ConsoleOf(guest).Newest;
        var used = Guests.Freezer.GuestCpuNanoseconds();
        await PassAsync(TimeSpan.FromSeconds(2.5));
        Assert.Equal(before, ConsoleOf(guest).Newest);
        Assert.InRange(Guests.Freezer.GuestCpuNanoseconds() - used, 0, 200_000_000);
    }

    protected static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
}
