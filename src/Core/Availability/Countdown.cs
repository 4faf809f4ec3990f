namespace Opportunism.Core.Availability;

/// <summary>Decides when guests are loaded: in the last seconds before the node lends, while only a wait is left. Pure.</summary>
/// <remarks>Allocates nothing. Any activity, and any condition that fails, ends it; it then begins later or not at all.</remarks>
public static class Countdown
{
    /// <summary>Longest countdown: long enough to load a guest of 4 GiB.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>How long before the node lends it begins. For an owner who only reads for half of IdleFor nothing is loaded.</summary>
    public static TimeSpan Lasts(AvailabilityTimes times) => Waits.Shorter(times.IdleFor / 2, Longest);

    /// <summary>How long until it begins; zero while guests may be loaded, null when time alone does not start it.</summary>
    public static TimeSpan? BeginsIn(in Moment now, AvailabilityTimes times)
    {
        if (AvailabilityRules.LendsIn(now, times) is not { } lends || lends == TimeSpan.Zero) return null;
        // Every monitor watches again by then: it ignores events for half of the shortest ThawAfter at most.
        var quiet = (times.ThawAfter / 2) - now.QuietFor;
        return Waits.Longer(Waits.Longer(lends - Lasts(times), quiet), TimeSpan.Zero);
    }
}
