using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Conditions;
using Opportunism.UnitTests.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

public sealed class SnoozeConditionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("snooze-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero));
    private readonly RecordingWaker waker = new();

    private string Path => System.IO.Path.Combine(folder, "snooze");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_a_file_nothing_is_snoozed() => Assert.True(Held(Condition()));

    [Theory]
    [InlineData(SnoozeBy.Owner)]
    [InlineData(SnoozeBy.Operator)]
    public void A_snooze_ends_at_its_time(SnoozeBy who)
    {
        var condition = Condition();
        Assert.Null(condition.Set(who, time.GetUtcNow() + TimeSpan.FromHours(2)));
        Assert.Equal(1, waker.Wakes);
        Assert.False(Held(condition));
        Assert.Contains("11:00", condition.Sentence, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromHours(2));
        Assert.True(Held(condition));
    }

    [Fact]
    public void One_that_is_over_is_in_force_no_longer()
    {
        var condition = Condition();
        var (first, last) = (time.GetUtcNow() + TimeSpan.FromHours(1), time.GetUtcNow() + TimeSpan.FromHours(2));
        condition.Set(SnoozeBy.Owner, last);
        condition.Set(SnoozeBy.Operator, first);
        Assert.Equal((new SnoozeTimes(last, first), last), (condition.InForce, condition.InForce.Last));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((new SnoozeTimes(last, null), last), (condition.InForce, condition.InForce.Last));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((new SnoozeTimes(null, null), null), (condition.InForce, condition.InForce.Last));
    }

    [Fact]
    public void It_outlives_the_agent()
    {
        Condition().Set(SnoozeBy.Owner, time.GetUtcNow() + TimeSpan.FromHours(2));
        var again = Condition();
        Assert.False(Held(again));
        time.Advance(TimeSpan.FromHours(2));
        Assert.True(Held(again));
    }

    [Fact]
    public void The_owners_and_the_operators_are_apart()
    {
        var condition = Condition();
        condition.Set(SnoozeBy.Owner, time.GetUtcNow() + TimeSpan.FromHours(1));
        condition.Set(SnoozeBy.Operator, time.GetUtcNow() + TimeSpan.FromHours(2));
        condition.Set(SnoozeBy.Owner, null);
        Assert.False(Held(condition));
        Assert.Contains("operator", condition.Sentence, StringComparison.Ordinal);
        condition.Set(SnoozeBy.Operator, null);
        Assert.True(Held(Condition()));
    }

    [Fact]
    public void A_file_that_cannot_be_read_snoozes_until_somebody_ends_it()
    {
        File.WriteAllText(Path, "owner tomorrow\n");
        var condition = Condition();
        Assert.False(Held(condition));
        Assert.Equal($"snoozed until it is ended, since the owner's snooze in {Path} was unreadable", condition.Sentence);
        Assert.Equal($"'opportunism snooze --off' on this desktop ends it and writes {Path} again.", condition.Remedy);
        condition.Set(SnoozeBy.Owner, null);
        Assert.True(Held(condition));
        Assert.True(Held(Condition()));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_told_and_the_snooze_is_in_force()
    {
        var condition =
            new SnoozeCondition(System.IO.Path.Combine(folder, "missing", "snooze"), time, waker, NullLogger<SnoozeCondition>.Instance);
        Assert.NotNull(condition.Set(SnoozeBy.Owner, DateTimeOffset.MaxValue));
        Assert.False(Held(condition));
    }

    private static bool Held(SnoozeCondition condition)
    {
        condition.Sample(0);
        return condition.Holds;
    }

    private SnoozeCondition Condition() => new(Path, time, waker, NullLogger<SnoozeCondition>.Instance);
}
