using System.Globalization;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>Lists everything that keeps this node from being lent now, from the rules. Any thread.</summary>
internal sealed class ObstacleView(AvailabilityLoop loop, MonitorWatch watch, ConditionSet conditions)
{
    /// <summary>Every obstacle, the most important first; empty while guests may run.</summary>
    public IReadOnlyList<Obstacle> Look()
    {
        var now = loop.Now();
        var times = loop.Status.Current.Times;
        return [.. AvailabilityRules.Obstacles(now, times).SelectMany(reason => Describe(reason, now, times))];
    }

    private IEnumerable<Obstacle> Describe(Reason reason, Moment now, AvailabilityTimes times) => reason.Code switch
    {
        ReasonCode.OwnerSeen => [OwnerSeen(reason, now, times)],
        ReasonCode.MonitorBlind => Blind(reason),
        ReasonCode.MemoryNeeded => conditions.All.OfType<MemoryCondition>()
            .Select(
                memory => new Obstacle(reason, $"the owner needs the memory: {memory.Sentence}", memory.Remedy)),
        ReasonCode.ConditionFails => conditions.All.Where(condition => !condition.Holds)
            .Select(
                condition => new Obstacle(
                    reason with { Source = condition.Name }, condition.Sentence,
                    condition.Remedy)),
        ReasonCode.LendingPaused => [Paused(reason, now, times)],
        _ => [new(
            reason, reason.Sentence,
            now.TakenBackBy == AvailabilityLoop.Operator
            ? "The operator ends it with 'opportunism node undrain'."
            : "It ends by itself when the last guest has left.")],
    };

    private static Obstacle OwnerSeen(Reason reason, Moment now, AvailabilityTimes times)
    {
        var (quiet, away) = (times.ThawAfter - now.QuietFor, now.State == NodeState.InUse ? times.IdleFor - now.AwayFor : TimeSpan.Zero);
        var left = quiet > away ? quiet : away;
        var wanted = now.State == NodeState.InUse ? times.IdleFor : times.ThawAfter;
        var sentence = reason.Source.Length > 0
            ? $"the owner was seen by {reason.Source} {Text(now.QuietFor)} ago"
            : $"a monitor began to watch {Text(now.QuietFor)} ago, and what the owner did before is not known";
        return new(reason, sentence, $"Without activity it is over in {Text(left)}: {Text(wanted)} of quiet are needed.");
    }

    private IEnumerable<Obstacle> Blind(Reason reason)
    {
        if (reason.Source == MonitorWatch.NothingToWatch)
        {
            yield return new(
                reason,
                "no monitor has anything to watch: this machine has no keyboard, mouse or display, so its owner would not be noticed",
                "A machine without a seat is lent with WithoutSeat = lend in [Monitors], or with 'opportunism up --without-seat lend' "
                    + "where that started the agent: its ssh users and its load then count as its owner.");
            yield break;
        }

        foreach (var (monitor, sight) in watch.Sights.Where(seen => seen.Sight.Blind).Select(seen => (seen.Monitor, seen.Sight)))
        {
            yield return new(
                reason with { Source = monitor }, $"the monitor {monitor} cannot see: {sight.Sentence}",
                sight.Health.Count > 0
                ? sight.Health[0].Remedy
                : "Wait until it has looked; 'opportunism doctor' has every monitor look now.");
        }
    }

    private static Obstacle Paused(Reason reason, Moment now, AvailabilityTimes times)
    {
        var count = now.Pause.InARow == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{now.Pause.InARow} times in a row");
        return new(
            reason, $"it stopped lending {count} though no owner came, so it waits longer each time",
            $"It is over in {Text(now.Pause.Lasts(times) - now.SincePause)}; the agent's log says why it stopped.");
    }

    private static string Text(TimeSpan span) => span < TimeSpan.FromMinutes(2)
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Ceiling(span.TotalSeconds)):0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min");
}
