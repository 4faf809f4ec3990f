using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.UnitTests.Clouds;

/// <summary>Guests of one node on their way out and back: together, and each only when it can go.</summary>
public sealed class LeavingGuestsTests
{
    private static readonly NodeId Node = NodeId.Parse("pc-1");
    private static readonly HostTarget Open = new(true, false, "");
    private static readonly HostTarget Empty = new(false, true, "the owner has stayed");
    private static readonly GuestId Stopping = GuestId.New();
    private static readonly GuestId Other = GuestId.New();

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
    private readonly FakeCloud cloud = new();
    private readonly HashSet<GuestId> running = [];
    private readonly List<string> answered = [];

    [Theory]
    [InlineData(CloudGuestState.Here)]
    [InlineData(CloudGuestState.Evicted)]
    public async Task Eight_guests_leave_and_come_back_together(CloudGuestState from)
    {
        var agreement = Agreement();
        for (var i = 0; i < 8; i++) cloud.Put(Node, GuestId.New(), from);
        var (calls, met, all) = (0, 0, new TaskCompletionSource());
        cloud.Delay = async cancellationToken =>
        {
            // The node itself and one look pass; then nobody goes on before all eight are there.
            if (Interlocked.Increment(ref calls) <= 2) return;
            if (Interlocked.Increment(ref met) == 8) all.SetResult();
            await all.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
        };
        await agreement.StepAsync(from is CloudGuestState.Here ? Empty : Open, default);
        Assert.Equal(9, answered.Count);
    }

    [Fact]
    public async Task One_that_shuts_down_is_asked_to_once_it_runs_and_keeps_no_other()
    {
        var agreement = Agreement();
        cloud.Put(Node, new CloudGuest(Stopping, CloudGuestState.Here) { MustRun = true });
        cloud.Put(Node, Other, CloudGuestState.Here);
        var step = await agreement.StepAsync(Empty, default);
        Assert.Equal([$"evict guest {Other}: Done"], answered.Skip(1));
        Assert.Equal([Stopping], step.WaitsFor);
        Assert.False(step.AtRest);

        running.Add(Stopping);
        step = await agreement.StepAsync(Empty, default);
        Assert.Equal($"evict guest {Stopping}: Done", answered[^1]);
        Assert.Empty(step.WaitsFor);
    }

    [Fact]
    public async Task One_that_is_not_let_run_is_shut_down_all_the_same_after_five_seconds()
    {
        var agreement = Agreement();
        cloud.Put(Node, new CloudGuest(Stopping, CloudGuestState.Here) { MustRun = true });
        Assert.Equal(TimeSpan.FromSeconds(2), (await agreement.StepAsync(Empty, default)).Wait);
        time.Advance(TimeSpan.FromSeconds(4));
        var step = await agreement.StepAsync(Empty, default);
        Assert.Equal([Stopping], step.WaitsFor);
        Assert.Equal(TimeSpan.FromSeconds(1), step.Wait);
        time.Advance(step.Wait);
        step = await agreement.StepAsync(Empty, default);
        Assert.Equal($"evict guest {Stopping}: Done", answered[^1]);
        Assert.Empty(step.WaitsFor);
    }

    [Fact]
    public async Task A_failure_of_another_does_not_put_off_the_end_of_the_wait()
    {
        var agreement = Agreement();
        cloud.Put(Node, new CloudGuest(Stopping, CloudGuestState.Here) { MustRun = true });
        cloud.Put(Node, Other, CloudGuestState.Here);
        await agreement.StepAsync(new HostTarget(false, false, ""), default);
        cloud.GuestFault = new CloudAnswer(CloudOutcome.TryLater, "Nova is busy.");
        for (var i = 0; i < 3; i++) await agreement.StepAsync(Empty, default);
        time.Advance(TimeSpan.FromSeconds(3));
        var step = await agreement.StepAsync(Empty, default);
        Assert.Equal([Stopping], step.WaitsFor);
        Assert.Equal(TimeSpan.FromSeconds(2), step.Wait);
        Assert.Equal("Nova is busy.", Assert.Single(step.Hindrances).Answer.Sentence);
    }

    [Fact]
    public async Task Where_nobody_can_say_what_runs_none_is_waited_for()
    {
        var agreement = Agreement(runs: null);
        cloud.Put(Node, new CloudGuest(Stopping, CloudGuestState.Here) { MustRun = true });
        await agreement.StepAsync(Empty, default);
        Assert.Equal($"evict guest {Stopping}: Done", answered[^1]);
    }

    private NodeAgreement Agreement() => Agreement(running.Contains);

    private NodeAgreement Agreement(Func<GuestId, bool>? runs) => new(Node, cloud, time, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(8))
    {
        Answered = (action, answer) => answered.Add($"{action.Sentence}: {answer.Outcome}"),
        Runs = runs,
    };
}
