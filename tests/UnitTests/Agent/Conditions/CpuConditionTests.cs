using System.Runtime.Versioning;
using System.Text;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Conditions.Linux;
using Opportunism.Core.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

[SupportedOSPlatform("linux")]
public sealed class CpuConditionTests : ICpuReader
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(20); // Four CPUs for five seconds.
    private CpuTimes? times = new CpuTimes(TimeSpan.FromHours(1), TimeSpan.FromHours(9));
    private long guests;
    private long now;

    CpuTimes? ICpuReader.Read() => times;

    [Fact]
    public void It_does_not_hold_before_there_are_two_readings()
    {
        var condition = Condition();
        Assert.False(condition.Holds);
        condition.Sample(0);
        Assert.False(condition.Holds);
        Assert.Contains("not known", condition.Sentence, StringComparison.Ordinal);
        Assert.StartsWith("It is known after two readings, within 10 s.", condition.Remedy, StringComparison.Ordinal);
        Use(condition, owner: 10);
        Assert.True(condition.Holds);
        Assert.Contains("CpuEnterPercent", condition.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_guests_use_does_not_count()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 10, guest: 85);
        Assert.True(condition.Holds, condition.Sentence);
        Assert.Contains("use 10 %", condition.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Between_the_edges_it_stays_as_it_was()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 45);
        Assert.False(condition.Holds);
        Use(condition, owner: 30);
        Assert.True(condition.Holds);
        Use(condition, owner: 45);
        Use(condition, owner: 60);
        Assert.True(condition.Holds);
    }

    [Fact]
    public void One_sample_beyond_the_limit_is_a_blip_and_two_in_a_row_are_work()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 10);
        Use(condition, owner: 90);
        Assert.True(condition.Holds);
        Use(condition, owner: 10);
        Use(condition, owner: 90);
        Assert.True(condition.Holds);
        Use(condition, owner: 90);
        Assert.False(condition.Holds);
    }

    [Fact]
    public void Without_a_reading_it_does_not_hold()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 10);
        times = null;
        condition.Sample(now += 5 * TimeProvider.System.TimestampFrequency);
        Assert.False(condition.Holds);
    }

    [Fact]
    public void Asked_again_a_moment_later_it_says_the_same()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 10);

        // The counters have not moved yet, or by one hundredth of a second that was the owner's.
        condition.Sample(now);
        Assert.True(condition.Holds);
        times = new(times!.Value.Busy + TimeSpan.FromMilliseconds(10), times.Value.Total + TimeSpan.FromMilliseconds(10));
        condition.Sample(now + (TimeProvider.System.TimestampFrequency / 100));
        condition.Sample(now + (TimeProvider.System.TimestampFrequency / 50));
        Assert.True(condition.Holds);
        Assert.Contains("use 10 %", condition.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_ended_gives_nothing_back()
    {
        var condition = Condition();
        condition.Sample(0);
        Use(condition, owner: 10, guest: 50);
        guests = 0;
        Use(condition, owner: 20);
        Assert.Contains("use 20 %", condition.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_counters_are_read()
    {
        var text = "cpu  100 20 30 4000 500 6 7 8 9 10\ncpu0 1 2 3\n";
        var expected = new CpuTimes(TimeSpan.FromMilliseconds(1630), TimeSpan.FromMilliseconds(46630));
        Assert.Equal(expected, ProcCpuReader.Parse(Encoding.ASCII.GetBytes(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu  1 2 3")]
    [InlineData("cpux 1 2 3 4 5 6 7 8")]
    [InlineData("cpu  a b c d e f g h")]
    public void Counters_that_cannot_be_read_are_none(string text) => Assert.Null(ProcCpuReader.Parse(Encoding.ASCII.GetBytes(text)));

    private CpuCondition Condition() => new(this, () => guests, Threshold.AtMost(30, 60), TimeProvider.System);

    private void Use(CpuCondition condition, int owner, int guest = 0)
    {
        guests += (Between * (guest / 100.0)).Ticks * TimeSpan.NanosecondsPerTick;
        times = new(times!.Value.Busy + (Between * ((owner + guest) / 100.0)), times.Value.Total + Between);
        condition.Sample(now += 5 * TimeProvider.System.TimestampFrequency);
    }
}
