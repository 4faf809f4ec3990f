using Opportunism.Agent.Availability;
using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

public sealed class DecisionQueueTests
{
    private readonly DecisionQueue queue = new();

    [Fact]
    public void Entries_come_out_in_the_order_they_went_in()
    {
        Add(1);
        Add(2);

        Assert.Equal([1, 2], TakeAll());
    }

    [Fact]
    public void A_full_queue_drops_what_comes_then_and_counts_it()
    {
        for (var i = 0; i < DecisionQueue.Capacity + 3; i++) Add(i);

        Assert.Equal(3, queue.Dropped);
        Assert.Equal(Enumerable.Range(0, DecisionQueue.Capacity), TakeAll());
    }

    [Fact]
    public void There_is_room_again_after_it_was_read()
    {
        for (var i = 0; i < DecisionQueue.Capacity * 3; i++)
        {
            Add(i);
            Assert.Equal([i], TakeAll());
        }

        Assert.Equal(0, queue.Dropped);
    }

    [Fact]
    public void Adding_allocates_nothing_also_when_it_is_full()
    {
        Add(0);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < DecisionQueue.Capacity * 2; i++) Add(i);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Nothing_is_lost_or_torn_between_two_threads()
    {
        const int Entries = 200_000;
        var read = Task.Run(() =>
        {
            var next = 0;
            var spin = default(SpinWait);
            while (next < Entries)
            {
                if (!queue.TryTake(out var decision))
                {
                    spin.SpinOnce();
                    continue;
                }

                Assert.Equal(next, decision.Guests);
                Assert.Equal(next, decision.Result.StillIn.Ticks);
                next++;
            }
        });
        for (var i = 0; i < Entries; i++)
        {
            var wait = default(SpinWait);
            for (var dropped = queue.Dropped; ;)
            {
                Add(i);
                if (queue.Dropped == dropped) break;
                dropped = queue.Dropped;
                wait.SpinOnce();
            }
        }

        await read;
    }

    private void Add(int number) =>
        queue.Add(
            new(
                DecisionKind.Entered, NodeState.InUse, NodeState.Available, new(ReasonCode.OwnerQuiet), number,
                new(Brake.Freeze, TimeSpan.FromTicks(number), default)));

    private List<int> TakeAll()
    {
        var all = new List<int>();
        while (queue.TryTake(out var decision)) all.Add(decision.Guests);
        return all;
    }
}
