using Opportunism.Agent.Availability;
using Opportunism.Core.Guests;
using Xunit;
using static Opportunism.UnitTests.Agent.Availability.DecidingSite;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>The whole way of the deciding thread, from one wait to the next, allocates nothing: a collection would stop it.</summary>
public sealed class DecidingAllocationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task From_one_wait_to_the_next_nothing_is_allocated(int inMemory)
    {
        await using var site = await MakeAsync();
        site.Guests.Set(
            [
                FakeGuests.Guest(9, GuestPhase.Suspended),
                .. Enumerable.Range(0, inMemory).Select(number => FakeGuests.Guest(number, GuestPhase.Held))]);
        site.AvailableMiB = 2000; // scarce, so that checkpoints are looked for
        VisitAndLeave();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < DecisionQueue.Capacity; i++) VisitAndLeave();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        // Each decision was handed to the two threads that show and log it.
        Assert.True(site.Wakes >= DecisionQueue.Capacity * 4, $"woken {site.Wakes} times");

        void VisitAndLeave()
        {
            // Through the countdown, where the node is in use.
            site.Time.Pass(Times.IdleFor - TimeSpan.FromSeconds(5));
            site.Loop.Step();
            site.Time.Pass(TimeSpan.FromSeconds(5));
            site.Loop.Step();
            if (site.Guests.Frozen) throw new InvalidOperationException("The node did not become Available.");
            site.Monitor.Sink.Seen();
            site.Loop.Step();
            if (!site.Guests.Frozen) throw new InvalidOperationException("The guests were not frozen.");
        }
    }
}
