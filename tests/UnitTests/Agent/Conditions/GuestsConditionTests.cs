using Opportunism.Agent.Conditions;
using Opportunism.Core.Health;
using Opportunism.UnitTests.Agent.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

public sealed class GuestsConditionTests : IAsyncDisposable
{
    private static readonly HealthItem Outside =
        new("guests.libvirt.outside", HealthSeverity.Error, "1 guests could not be taken into the cgroup", "Restart libvirt.");

    private readonly FakeGuests guests = new();
    private readonly GuestsCondition condition;

    public GuestsConditionTests() => condition = new(guests);

    public ValueTask DisposeAsync() => guests.DisposeAsync();

    [Fact]
    public void It_holds_while_every_guest_can_be_stopped()
    {
        condition.Sample(0);
        Assert.True(condition.Holds);
    }

    [Fact]
    public void A_guest_that_cannot_be_stopped_at_once_keeps_the_node_from_being_lent_and_is_named()
    {
        guests.Unprotected = Outside;
        condition.Sample(0);
        Assert.Equal((false, Outside.Sentence, Outside.Remedy), (condition.Holds, condition.Sentence, condition.Remedy));
    }

    [Fact]
    public void Before_the_first_look_it_does_not_hold() => Assert.False(condition.Holds);
}
