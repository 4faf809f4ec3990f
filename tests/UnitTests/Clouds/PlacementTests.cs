using CsCheck;
using Opportunism.Clouds.Embedded;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.UnitTests.Clouds;

public sealed class PlacementTests
{
    private static readonly HashSet<(GuestId, NodeId)> NothingBarred = [];

    [Fact]
    public void The_node_with_the_least_room_that_is_enough_is_chosen()
    {
        var guest = Guest(memory: 1000);
        var choice = Assert.Single(Placement.For([guest], [Host("large", 8000), Host("fits", 1000), Host("small", 999)], NothingBarred));
        Assert.Equal("fits", choice.Node?.Value);
    }

    [Fact]
    public void What_was_just_placed_takes_its_room()
    {
        var choices = Placement.For([Guest(memory: 600), Guest(memory: 600)], [Host("a", 1000), Host("b", 1100)], NothingBarred);
        Assert.Equal(["a", "b"], choices.Select(choice => choice.Node?.Value));
    }

    [Fact]
    public void Nobody_overtakes_onto_a_node_that_an_earlier_one_waits_for()
    {
        var choices = Placement.For([Guest(memory: 900), Guest(memory: 100)], [Host("busy", 500, whole: 1000)], NothingBarred);
        Assert.All(choices, choice => Assert.Null(choice.Node));
        Assert.Equal("1 VM that came before it waits too", choices[1].Why);
    }

    [Fact]
    public void One_may_overtake_onto_a_node_that_the_earlier_one_could_never_use()
    {
        var choices = Placement.For(
            [Guest(memory: 5000), Guest(memory: 100)], [Host("small", 1000), Host("large", 100, whole: 6000, takes: false)], NothingBarred);
        Assert.Equal([null, "small"], choices.Select(choice => choice.Node?.Value));
        Assert.Equal("the one available node has no room for it: it needs 1 vCPU, 5000 MiB memory and 10 MiB disk", choices[0].Why);
    }

    [Theory]
    [InlineData(0, false, "no node is enrolled yet")]
    [InlineData(100, true, "no node is large enough: it needs 1 vCPU, 500 MiB memory and 10 MiB disk")]
    [InlineData(1000, false, "no node is available; 'opportunism nodes' shows why each is not")]
    public void Who_waits_is_told_why(int memory, bool takes, string why)
    {
        PlacementHost[] hosts = memory == 0 ? [] : [Host("a", memory, takes: takes)];
        Assert.Equal(why, Assert.Single(Placement.For([Guest(memory: 500)], hosts, NothingBarred)).Why);
    }

    [Fact]
    public void A_node_gets_no_more_guests_than_a_plan_may_name()
    {
        var choices = Placement.For(
            [Guest(memory: 100), Guest(memory: 100)], [Host("a", 8000) with { Guests = GuestSpec.MostOnANode - 1 }], NothingBarred);
        Assert.Equal(["a", null], choices.Select(choice => choice.Node?.Value));
        Assert.Equal("each available node has 64 guests, which is the most", choices[1].Why);
    }

    [Fact]
    public void A_guest_is_not_placed_where_something_of_it_still_lies()
    {
        var guest = Guest(memory: 100);
        var choice = Assert.Single(
            Placement.For([guest], [Host("a", 100), Host("b", 200)], new HashSet<(GuestId, NodeId)> { (guest.Id, NodeId.Parse("a")) }));
        Assert.Equal("b", choice.Node?.Value);
    }

    [Fact]
    public void No_node_is_ever_overfilled_and_no_earlier_guest_is_delayed_by_a_later_one() =>
        Gen.Select(Gen.Int[1, 10].Array[0, 8], Gen.Select(Gen.Int[0, 10], Gen.Int[0, 10], Gen.Bool).Array[0, 5]).Sample((guests, rooms) =>
        {
            var queue = guests.Select(memory => Guest(memory * 100)).ToList();
            var hosts = rooms.Select((room, i) => Host($"n{i}", room.Item1 * 100, (room.Item1 + room.Item2) * 100, room.Item3)).ToList();
            var choices = Placement.For(queue, hosts, NothingBarred);
            Assert.Equal(queue.Select(guest => guest.Id), choices.Select(choice => choice.Guest));
            foreach (var host in hosts)
            {
                var placed = queue.Where((_, i) => choices[i].Node == host.Node).Sum(guest => guest.MemoryMiB);
                Assert.True(placed <= host.Free.MemoryMiB && (placed == 0 || host.Takes), $"{host}");
            }

            // Taking the later ones away changes nothing for the earlier ones.
            for (var count = 0; count < queue.Count; count++)
            {
                Assert.Equal(
                    choices.Take(count).Select(choice => choice.Node),
                    Placement.For(queue[..count], hosts, NothingBarred).Select(choice => choice.Node));
            }

            // Nobody waits who fits, unless an earlier one waits for that node.
            for (var i = 0; i < queue.Count; i++)
            {
                Assert.True((choices[i].Node is null) == (choices[i].Why.Length > 0));
            }
        });

    private static GuestSpec Guest(int memory) => new(GuestId.New(), "vm", 1, memory, 10, new string('0', 64), ImageFormat.Raw);

    private static PlacementHost Host(string name, int free, int whole = 0, bool takes = true) =>
        new(NodeId.Parse(name), takes, new(8, Math.Max(free, whole), 10000), new(8, free, 10000));
}
