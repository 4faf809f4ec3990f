using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.UnitTests.Core.Fleet;

public sealed class FleetPlanTests
{
    private static readonly GuestId Here = GuestId.New();
    private static readonly GuestId Evicted = GuestId.New();
    private static readonly CloudGuest[] Guests = [
        new(Here, CloudGuestState.Here), new(GuestId.New(), CloudGuestState.Leaving), new(GuestId.New(), CloudGuestState.Busy),
        new(Evicted, CloudGuestState.Evicted), new(GuestId.New(), CloudGuestState.Resting)];

    private static readonly CloudHost?[] Hosts =
    [
        null,
        .. from open in new[] { true, false }
           from guests in new[] { [], Guests }
           from network in Enum.GetValues<CloudMark>()
           from lost in Enum.GetValues<CloudMark>()
           select new CloudHost(open, guests) { Network = network, Lost = lost },
    ];

    private static readonly NodeState?[] States = [null, .. Enum.GetValues<NodeState>().Cast<NodeState?>()];

    /// <summary>Every combination of what the plan looks at.</summary>
    private static IEnumerable<FleetCase> All()
    {
        foreach (var state in States)
        {
            for (var bits = 0; bits < 16; bits++)
            {
                foreach (var host in Hosts)
                {
                    yield return new FleetCase
                    {
                        State = state,
                        Reason = new(ReasonCode.OwnerSeen, "input"),
                        Lost = (bits & 1) != 0,
                        Revoked = (bits & 2) != 0,
                        Drained = (bits & 4) != 0,
                        Snoozed = (bits & 8) != 0,
                        Host = host,
                    };
                }
            }
        }
    }

    [Fact]
    public void A_node_is_open_only_when_it_is_available_and_nothing_speaks_against_it()
    {
        foreach (var node in All())
        {
            var expected = node is { State: NodeState.Available, Lost: false, Revoked: false, Drained: false, Snoozed: false };
            Assert.True(FleetPlan.Target(node).Open == expected, node.ToString());
        }
    }

    [Fact]
    public void Guests_must_leave_exactly_when_the_owner_stays_or_an_operator_wants_it_and_the_node_is_heard()
    {
        foreach (var node in All())
        {
            var expected = !node.Lost && (node.Revoked || node.Drained || node.State is NodeState.InUse or NodeState.Evicting);
            Assert.True(FleetPlan.Target(node).Empty == expected, node.ToString());
        }
    }

    [Fact]
    public void A_closed_node_always_says_why_and_an_open_one_never()
    {
        foreach (var node in All())
        {
            var wish = FleetPlan.Target(node);
            Assert.True(wish.Open == (wish.Reason.Length == 0), node.ToString());
        }
    }

    [Fact]
    public void The_plan_is_exactly_wanted_minus_actual_in_the_right_order()
    {
        foreach (var node in All())
        {
            var wish = FleetPlan.Target(node);
            var guests = node.Host?.Guests.Count > 0;
            List<CloudAction> expected = [];
            if (wish.Open && node.Host is not { Open: true }) expected.Add(new CloudAction.Open());
            if (wish.Open && guests) expected.Add(new CloudAction.BringBack(Evicted));
            if (!wish.Open && node.Host is not { Open: false }) expected.Add(new CloudAction.Close(wish.Reason));
            if (wish.Empty && guests) expected.Add(new CloudAction.Evict(Here));
            if (node.Host is { } host && !(Fits(host.Network, wish.Open) && Fits(host.Lost, wish.Lost)))
                expected.Add(new CloudAction.Settle(wish));
            Assert.True(expected.SequenceEqual(FleetPlan.Next(node)), node.ToString());
        }
    }

    [Fact]
    public void Carrying_the_plan_out_leaves_nothing_to_do()
    {
        foreach (var node in All())
        {
            var done = FleetPlan.Next(node)
                .Aggregate(node.Host ?? new CloudHost(!FleetPlan.Target(node).Open, []), (host, action) => action switch
            {
                CloudAction.Open => host with { Open = true },
                CloudAction.Close => host with { Open = false },
                CloudAction.Evict evict => Moved(host, evict.Guest, CloudGuestState.Leaving),
                CloudAction.BringBack back => Moved(host, back.Guest, CloudGuestState.Here),
                CloudAction.Settle settle => host with
                {
                    Network = Marked(host.Network, settle.Target.Open),
                    Lost = Marked(host.Lost, settle.Target.Lost),
                },
                _ => host,
            });
            Assert.True(FleetPlan.Next(node with { Host = done }).Count == 0, node.ToString());
        }
    }

    [Fact]
    public void A_cloud_is_told_that_a_node_is_lost_exactly_when_it_is_and_still_counts()
    {
        foreach (var node in All()) Assert.True(FleetPlan.Target(node).Lost == (node.Lost && !node.Revoked), node.ToString());
    }

    [Theory]
    [InlineData("the node was revoked")]
    [InlineData("nothing has been heard from the node")]
    [InlineData("the node was drained by an operator")]
    [InlineData("the node was snoozed by an operator")]
    [InlineData("the owner was seen by input")]
    public void The_weightiest_reason_is_told(string reason)
    {
        var node = new FleetCase
        {
            State = NodeState.Frozen,
            Reason = new(ReasonCode.OwnerSeen, "input"),
            Revoked = true,
            Lost = true,
            Drained = true,
            Snoozed = true,
        };
        if (reason != FleetPlan.Target(node).Reason) node = node with { Revoked = false };
        if (reason != FleetPlan.Target(node).Reason) node = node with { Lost = false };
        if (reason != FleetPlan.Target(node).Reason) node = node with { Drained = false };
        if (reason != FleetPlan.Target(node).Reason) node = node with { Snoozed = false };
        Assert.Equal(reason, FleetPlan.Target(node).Reason);
    }

    [Fact]
    public void A_node_that_never_reported_says_so() =>
        Assert.Equal("the node has not reported yet", FleetPlan.Target(new FleetCase { State = null }).Reason);

    private static bool Fits(CloudMark mark, bool wanted) => mark is CloudMark.Absent || mark == Marked(mark, wanted);

    private static CloudMark Marked(CloudMark mark, bool wanted) => mark is CloudMark.Absent ? mark : wanted ? CloudMark.Yes : CloudMark.No;

    private static CloudHost Moved(CloudHost host, GuestId guest, CloudGuestState state) =>
        host with { Guests = [.. host.Guests.Select(other => other.Id == guest ? other with { State = state } : other)] };
}
