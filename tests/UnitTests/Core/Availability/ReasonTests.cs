using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Core.Availability;

public sealed class ReasonTests
{
    // Written out, since people read them and scripts look for them.
    private static readonly Dictionary<ReasonCode, string> Sentences = new()
    {
        [ReasonCode.Starting] = "the agent has just started",
        [ReasonCode.OwnerSeen] = "the owner was seen by x11",
        [ReasonCode.OwnerQuiet] = "the owner is away",
        [ReasonCode.MonitorBlind] = "x11 cannot see, so the owner counts as present",
        [ReasonCode.ConditionFails] = "the condition x11 does not hold",
        [ReasonCode.OwnerStayed] = "the owner has stayed",
        [ReasonCode.MemoryNeeded] = "the owner needs the memory",
        [ReasonCode.TakenBack] = "taken back by x11",
        [ReasonCode.GuestsFound] = "guests are in memory; they are held until the node is lent",
        [ReasonCode.MemoryScarce] = "memory is scarce while the owner is there",
        [ReasonCode.LendingPaused] = "it stopped lending though no owner came, so it waits longer before it lends again",
        [ReasonCode.NoGuestLeft] = "no guest is left on this node",
    };

    [Fact]
    public void A_snooze_is_named_as_what_it_is() =>
        Assert.Equal("it is snoozed", new Reason(ReasonCode.ConditionFails, Reason.Snooze).Sentence);

    [Fact]
    public void Every_reason_has_its_sentence() =>
        Assert.Equal(
            Enum.GetValues<ReasonCode>().ToDictionary(code => code, code => Sentences.GetValueOrDefault(code)),
            Sentences.Keys.ToDictionary(code => code, code => (string?)new Reason(code, "x11").Sentence));

    [Fact]
    public void An_owner_whom_no_monitor_saw_is_not_said_to_be_seen() =>
        Assert.Equal(
            "a monitor has just begun to watch, and what the owner did before is not known", new Reason(ReasonCode.OwnerSeen).Sentence);

    [Fact]
    public void One_from_a_newer_version_says_its_number() => Assert.Equal("99", new Reason((ReasonCode)99).Sentence);
}
