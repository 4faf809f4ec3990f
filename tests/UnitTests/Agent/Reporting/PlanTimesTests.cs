using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Reporting;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Fake;
using Xunit;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Opportunism.UnitTests.Agent.Reporting;

public sealed class PlanTimesTests : IDisposable
{
    private static readonly AvailabilityTimes Own = new();

    private readonly string folder = Directory.CreateTempSubdirectory("opp-policy-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Level<NodeFlags> policy = new(new(false, Own));
    private readonly Level<IReadOnlyList<HealthItem>> refused = new([]);
    private readonly SnoozeCondition snooze;
    private readonly PlanTimes taken;

    public PlanTimesTests()
    {
        snooze = new SnoozeCondition(Path.Combine(folder, "snooze"), time, null, NullLogger<SnoozeCondition>.Instance);
        var ledger = new ActivityLedger(time);
        var machine = new FakeMachine(time);
        var loop = new AvailabilityLoop(
            ledger, new MonitorWatch([], ledger, time, NullLogger<MonitorWatch>.Instance), new ConditionSet([]),
            new GuestBrake(machine, BrakeTimes.Default, time, time.Advance),
            new FakeHypervisor(machine, time), policy, new SilentWakeUp(), time, new SilentWakeUp(),
            new DecisionLog(new SilentWakeUp(), NullLogger<DecisionLog>.Instance));
        taken = new PlanTimes(new Level<NodePlan>(new NodePlan()), policy, refused, Own, snooze, loop, NullLogger<PlanTimes>.Instance);
    }

    public void Dispose()
    {
        taken.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    public static TheoryData<Duration> Impossible { get; } =
    [
        new Duration
        {
            Seconds = long.MaxValue,
        }, new Duration { Seconds = long.MinValue }, new Duration { Seconds = -60 }, new Duration { Nanos = -1 },
        new Duration
        {
            Seconds = 60,
            Nanos = int.MaxValue,
        }, new Duration { Seconds = 60, Nanos = -5 }, new Duration { Seconds = 315_576_000_001 }, new Duration(),
        new Duration { Seconds = 172_800 },
    ];

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void An_impossible_time_is_refused_and_named_and_the_rest_of_the_plan_counts(Duration impossible)
    {
        taken.Take(new NodePlan { Drained = true, Policy = new PolicyPlan { IdleFor = impossible, EvictAfter = Minutes(7) } });

        Assert.Equal(new NodeFlags(true, Own with { EvictAfter = TimeSpan.FromMinutes(7) }), policy.Current);
        Assert.Contains("IdleFor", Assert.Single(refused.Current).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_that_the_others_do_not_allow_stays_as_it_was()
    {
        taken.Take(new NodePlan { Policy = new PolicyPlan { IdleFor = Minutes(10), EvictAfter = Minutes(3) } });
        Assert.Empty(refused.Current);

        taken.Take(new NodePlan { Policy = new PolicyPlan { IdleFor = Minutes(10), ThawAfter = Minutes(20), EvictAfter = Minutes(4) } });

        Assert.Equal(Own with { IdleFor = TimeSpan.FromMinutes(10), EvictAfter = TimeSpan.FromMinutes(4) }, policy.Current.Times);
        Assert.Contains("ThawAfter", Assert.Single(refused.Current).Sentence, StringComparison.Ordinal);
        taken.Take(new NodePlan());
        Assert.Empty(refused.Current);
    }

    [Fact]
    public void An_impossible_date_leaves_the_snooze_as_it_was()
    {
        var until = time.GetUtcNow() + TimeSpan.FromHours(1);
        taken.Take(new NodePlan { SnoozedUntil = until.ToTimestamp() });
        foreach (var date in new[] { new Timestamp { Seconds = long.MaxValue }, new Timestamp { Seconds = long.MinValue },
            new Timestamp { Nanos = -1 }, new Timestamp { Nanos = 1_000_000_000 } })
        {
            taken.Take(new NodePlan { SnoozedUntil = date, Drained = true });
            Assert.Equal((until, true), (snooze.Times.Operator, policy.Current.Drained));
            Assert.Contains("SnoozedUntil", Assert.Single(refused.Current).Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_a_plan_says_the_times_in_force_can_be_used_and_what_can_be_used_of_it_is_used()
    {
        var duration = Gen.Select(
            Gen.OneOf(Gen.Long, Gen.Long[0, 100_000]), Gen.OneOf(Gen.Int, Gen.Const(0)),
            (seconds, nanos) => new Duration { Seconds = seconds, Nanos = nanos });
        var plans = Gen.Select(
            duration.Null(), duration.Null(), duration.Null(), Gen.Long, Gen.Int, Gen.Bool,
            (idle, thaw, evict, seconds, nanos, drained) => new NodePlan
            {
                Drained = drained,
                SnoozedUntil = new Timestamp { Seconds = seconds, Nanos = nanos },
                Policy = new PolicyPlan { IdleFor = idle, ThawAfter = thaw, EvictAfter = evict },
            });
        plans.Sample(plan =>
        {
            taken.Take(plan);
            Assert.Empty(policy.Current.Times.Problems());
            Assert.Equal(plan.Drained, policy.Current.Drained);
            // A field is in force, or refused by name.
            foreach (var (name, wanted, now) in new[]
            {
                ("IdleFor", plan.Policy.IdleFor, policy.Current.Times.IdleFor), ("ThawAfter", plan.Policy.ThawAfter,
                policy.Current.Times.ThawAfter),
                ("EvictAfter", plan.Policy.EvictAfter, policy.Current.Times.EvictAfter),
            })
            {
                if (wanted is null) continue;
                var used = wanted.Seconds == (long)Math.Floor(now.TotalSeconds)
                    && wanted.Nanos / 100 == now.Ticks % TimeSpan.TicksPerSecond;
                Assert.True(
                    used || refused.Current.Any(item => item.Sentence.Contains($"{name} stays", StringComparison.Ordinal)),
                    $"{name} of {plan}: {now}");
            }
        }, threads: 1, iter: 2000);
    }

    private static Duration Minutes(int minutes) => TimeSpan.FromMinutes(minutes).ToDuration();
}
