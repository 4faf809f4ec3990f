using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.UnitTests.Clouds;

/// <summary>The steps that bring a node and its cloud to agree, whoever takes them.</summary>
public sealed class NodeAgreementTests
{
    private static readonly NodeId Node = NodeId.Parse("pc-1");
    private static readonly HostTarget Open = new(true, false, "");
    private static readonly HostTarget Empty = new(false, true, "the owner has stayed");

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
    private readonly FakeCloud cloud = new();
    private readonly List<string> answered = [];
    private readonly NodeAgreement agreement;

    public NodeAgreementTests() =>
        agreement = new NodeAgreement(Node, cloud, time, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(8))
        {
            Answered = (action, answer) => answered.Add($"{action.Sentence}: {answer.Outcome}"),
        };

    [Fact]
    public async Task A_node_is_closed_before_it_is_looked_at_and_watched_for_a_minute_before_it_counts_as_at_rest()
    {
        var guest = GuestId.New();
        cloud.Put(Node, guest, CloudGuestState.Here);
        var step = await agreement.StepAsync(Empty, default);
        Assert.Equal(["closed in the cloud: the owner has stayed: AlreadySo", $"evict guest {guest}: Done"], answered);
        Assert.Equal((false, TimeSpan.FromSeconds(2)), (step.AtRest, step.Wait));
        time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False((await agreement.StepAsync(Empty, default)).AtRest);
        time.Advance(TimeSpan.FromSeconds(0.1));
        step = await agreement.StepAsync(Empty, default);
        Assert.Equal((true, TimeSpan.FromMinutes(1)), (step.AtRest, step.Wait));
    }

    [Fact]
    public async Task A_look_that_fails_in_the_minute_does_not_begin_it_anew()
    {
        await agreement.StepAsync(Empty, default);
        time.Advance(TimeSpan.FromSeconds(50));
        cloud.Fault = new CloudAnswer(CloudOutcome.TryLater, "Nova did not answer.");
        await agreement.StepAsync(Empty, default);
        cloud.Fault = null;
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.True((await agreement.StepAsync(Empty, default)).AtRest);
    }

    [Fact]
    public async Task What_was_opened_and_closed_again_is_watched_anew()
    {
        await agreement.StepAsync(Empty, default);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.True((await agreement.StepAsync(Empty, default)).AtRest);
        await agreement.StepAsync(Open, default);
        Assert.True((await agreement.StepAsync(Open, default)).AtRest);
        Assert.False((await agreement.StepAsync(Empty, default)).AtRest);
    }

    [Fact]
    public async Task What_failed_is_waited_for_twice_as_long_each_time_up_to_a_limit_and_anew_when_something_else_is_wanted()
    {
        cloud.Fault = new CloudAnswer(CloudOutcome.TryLater, "Nova did not answer.");
        var waits = new List<double>();
        for (var i = 0; i < 5; i++) waits.Add((await agreement.StepAsync(Empty, default)).Wait.TotalSeconds);
        Assert.Equal([1, 2, 4, 8, 8], waits);
        agreement.ResetRetries();
        var step = await agreement.StepAsync(Empty, default);
        Assert.Equal(
            (1, "closed in the cloud: the owner has stayed: Nova did not answer.", false),
            (step.Wait.TotalSeconds, step.Sentence, step.NeedsPerson));
        Assert.Equal(
            new AgreementStep.Hindrance(new CloudAction.Close("the owner has stayed"), cloud.Fault.Value), Assert.Single(step.Hindrances));
    }

    [Fact]
    public async Task What_is_refused_needs_a_person()
    {
        cloud.Fault = new CloudAnswer(CloudOutcome.Refused, "An operator disabled it.");
        Assert.True((await agreement.StepAsync(Empty, default)).NeedsPerson);
        Assert.True((await agreement.StepAsync(Open, default)).NeedsPerson);
    }

    [Fact]
    public async Task Once_distrusted_a_node_is_closed_blind_again()
    {
        await agreement.StepAsync(Empty, default);
        Assert.False(agreement.Host!.Open);
        Assert.Equal(TimeSpan.FromSeconds(1), agreement.Invalidate());
        Assert.Null(agreement.Host);
        answered.Clear();
        await agreement.StepAsync(Empty, default);
        Assert.Equal("closed in the cloud: the owner has stayed: AlreadySo", answered[0]);
    }
}
