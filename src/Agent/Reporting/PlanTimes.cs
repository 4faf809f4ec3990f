using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Health;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Opportunism.Agent.Reporting;

/// <summary>Reads the operator's settings for the node out of each plan: drained, snoozed, waiting times.</summary>
/// <remarks>
/// A plan can only make a node more careful or change its waiting times within what is allowed. An invalid field is rejected
/// alone: its previous value stays, a health item names it, and the rest of the plan is applied.
/// </remarks>
internal sealed partial class PlanTimes(
    Level<NodePlan> plan, Level<NodeFlags> flags, Level<IReadOnlyList<HealthItem>> refused, AvailabilityTimes own, SnoozeCondition snooze,
    AvailabilityLoop loop,
    ILogger<PlanTimes> log) : BackgroundService
{
    // google.protobuf.Duration and Timestamp hold any 64-bit number, of which TimeSpan and DateTimeOffset hold only a part.
    private const int NanosecondsPerSecond = 1_000_000_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = plan.Current;
        while (true)
        {
            seen = await plan.NewerThanAsync(seen, stoppingToken);
            Take(seen);
        }
    }

    internal void Take(NodePlan next)
    {
        var problems = new List<string>();
        var wanted = new NodeFlags(next.Drained, Times(next.Policy, problems));
        var until = Until(next.SnoozedUntil, problems);
        Refuse(problems);
        var changed = wanted != flags.Current || until != snooze.Times.Operator;
        if (!changed) return;
        if (until != snooze.Times.Operator) snooze.Set(SnoozeBy.Operator, until);
        flags.Set(wanted);
        loop.Reconsider();
    }

    /// <summary>The site's times as far as they are valid, alone and together; each other one keeps its previous value.</summary>
    private AvailabilityTimes Times(PolicyPlan? site, List<string> problems)
    {
        if (site is null) return own;
        var now = flags.Current.Times;
        TimeField[] fields =
        [
            new(nameof(AvailabilityTimes.IdleFor), site.IdleFor, now.IdleFor, (times, value) => times with { IdleFor = value }),
            new(nameof(AvailabilityTimes.ThawAfter), site.ThawAfter, now.ThawAfter, (times, value) => times with { ThawAfter = value }),
            new(nameof(AvailabilityTimes.EvictAfter), site.EvictAfter, now.EvictAfter, (times, value) => times with { EvictAfter = value }),
        ];

        // As many fields as are valid together, from all of them to none.
        var usable = Enumerable.Range(0, 1 << fields.Length).OrderByDescending(mask => System.Numerics.BitOperations.PopCount((uint)mask))
            .Where(mask => fields.Index().All(field => (mask & (1 << field.Index)) == 0 || field.Item.Usable is not null))
            .Select(mask => (int?)mask).FirstOrDefault(mask => !With(fields, mask!.Value).Problems().Any());
        foreach (var (index, field) in fields.Index().Where(field => field.Item.Wanted is not null))
        {
            if (usable is { } mask && (mask & (1 << index)) != 0) continue;
            var why = field.Usable is { } value
                ? With(fields, (usable ?? 0) | (1 << index)).Problems().FirstOrDefault()
                ?? $"{field.Name} is {value}, which the other times do not allow."
                : $"{field.Name} is {field.Wanted!.Seconds} s and {field.Wanted.Nanos} ns, which is no time.";
            problems.Add($"{why} {field.Name} stays {field.Now}.");
        }

        return usable is { } best ? With(fields, best) : now;
    }

    private AvailabilityTimes With(TimeField[] fields, int mask) =>
        fields.Index().Where(field => field.Item.Wanted is not null)
            .Aggregate(
                own, (times, field) => field.Item.Put(times, (mask & (1 << field.Index)) != 0 ? field.Item.Usable!.Value : field.Item.Now));

    private DateTimeOffset? Until(Timestamp? wanted, List<string> problems)
    {
        if (wanted is null) return null;
        var (first, last) = (DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        if (wanted.Seconds >= first && wanted.Seconds <= last && wanted.Nanos is >= 0 and < NanosecondsPerSecond)
            return wanted.ToDateTimeOffset();
        var now = snooze.Times.Operator;
        problems.Add(
            $"SnoozedUntil is {wanted.Seconds} s since 1970, which is no date. It stays {(now is { } set ? $"{set:u}" : "unset")}.");
        return now;
    }

    private void Refuse(List<string> problems)
    {
        HealthItem[] items = [.. problems.Select(problem => new HealthItem(
            "plan.field-refused", HealthSeverity.Error, $"A field of the site's plan is refused: {problem}",
            "Change the site's times (Policy in the controller's settings) or this node's (section [Times]) so that they can be used "
                + "together."))];
        if (items.SequenceEqual(refused.Current)) return;
        foreach (var item in items.Except(refused.Current)) LogRefused(item.Sentence);
        refused.Set(items);
    }

    /// <summary>One waiting time of a plan.</summary>
    private sealed record TimeField(string Name, Duration? Wanted, TimeSpan Now, Func<AvailabilityTimes, TimeSpan, AvailabilityTimes> Put)
    {
        /// <summary>The plan's value, if it is a time at all; whether it is allowed is checked elsewhere.</summary>
        public TimeSpan? Usable { get; } =
            Wanted is { Seconds: >= 0 and <= 315_576_000_000, Nanos: >= 0 and < NanosecondsPerSecond } ? Wanted.ToTimeSpan() : null;
    }
}
