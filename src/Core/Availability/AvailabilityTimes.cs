namespace Opportunism.Core.Availability;

/// <summary>The waiting times of a node. Each has a safe default; <see cref="Problems"/> lists the combinations that are
/// rejected.</summary>
public sealed record AvailabilityTimes
{
    /// <summary>How long every monitor must be quiet before the node is lent. 60 s keeps 99.6 % of the idle time of library
    /// desktops.</summary>
    public TimeSpan IdleFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long every monitor must be quiet again before frozen guests run again.</summary>
    public TimeSpan ThawAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long after a freeze the hypervisor holds the guests' vCPUs, so that it replies to requests again.</summary>
    public TimeSpan HoldAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after a freeze copying the guests' memory to disk begins.</summary>
    public TimeSpan PresaveAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the owner must have stayed before the guests leave.</summary>
    public TimeSpan EvictAfter { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the owner must have stayed before guests with a complete checkpoint leave while memory is scarce;
    /// <see cref="EvictAfter"/> remains the limit.</summary>
    public TimeSpan EvictSoonAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Shortest <see cref="ThawAfter"/>: twice the 2.5 s for which monitors may ignore events after one.</summary>
    public static readonly TimeSpan ShortestThawAfter = TimeSpan.FromSeconds(5);

    /// <summary>Longest time that may be set: beyond a day it is more likely a typing error.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Every reason why these times cannot be used, each naming the key, the value and what is allowed; empty when they
    /// can.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (key, value) in new[] { (nameof(IdleFor), IdleFor), (nameof(ThawAfter), ThawAfter), (nameof(HoldAfter), HoldAfter),
            (nameof(PresaveAfter), PresaveAfter), (nameof(EvictAfter), EvictAfter), (nameof(EvictSoonAfter), EvictSoonAfter) })
        {
            if (value <= TimeSpan.Zero || value > Longest)
                yield return $"{key} is {Text(value)}; allowed is more than 0 and at most {Text(Longest)}.";
        }

        if (ThawAfter < ShortestThawAfter)
            yield return $"ThawAfter is {Text(ThawAfter)}; allowed is at least {Text(ShortestThawAfter)}, since monitors look away for "
                + "up to 2.5 s after an event.";
        if (IdleFor > TimeSpan.Zero && ThawAfter > IdleFor)
            yield return $"IdleFor is {Text(IdleFor)} and ThawAfter is {Text(ThawAfter)}; allowed is ThawAfter at most IdleFor, or a node "
                + "would freeze again as it thaws.";
        if (HoldAfter > PresaveAfter)
            yield return $"HoldAfter is {Text(HoldAfter)}; allowed is at most PresaveAfter ({Text(PresaveAfter)}): memory can be copied "
                + "only while a guest is held.";
        if (PresaveAfter > EvictAfter)
            yield return $"PresaveAfter is {Text(PresaveAfter)}; allowed is at most EvictAfter ({Text(EvictAfter)}).";
    }

    private static string Text(TimeSpan time) => Duration.Format(time);
}
