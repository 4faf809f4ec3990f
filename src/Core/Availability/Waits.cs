namespace Opportunism.Core.Availability;

/// <summary>Compares times to wait; of two equal ones it does not matter which is taken.</summary>
public static class Waits
{
    /// <summary>The longer of two.</summary>
    public static TimeSpan Longer(TimeSpan a, TimeSpan b) => TimeSpan.FromTicks(Math.Max(a.Ticks, b.Ticks));

    /// <summary>The shorter of two.</summary>
    public static TimeSpan Shorter(TimeSpan a, TimeSpan b) => TimeSpan.FromTicks(Math.Min(a.Ticks, b.Ticks));

    /// <summary>The sooner of two ends; null is one that never comes.</summary>
    public static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => (a, b) switch { ({ } x, { } y) => Shorter(x, y), (null, _) => b, _ => a };

    /// <summary>The later of two ends; null is no wait.</summary>
    public static TimeSpan? Later(TimeSpan? a, TimeSpan? b) => (a, b) switch { ({ } x, { } y) => Longer(x, y), (null, _) => b, _ => a };
}
