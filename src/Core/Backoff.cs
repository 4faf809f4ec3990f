namespace Opportunism.Core;

/// <summary>How long to wait before the next attempt: twice as long after each failure in a row, up to a longest. Immutable.</summary>
/// <param name="First">After the first failure; not negative.</param>
/// <param name="Longest">Never more than this, also after the first.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    // 2^40 times a tick is 30 hours, more than any wait here; and the product cannot overflow.
    private const int MostDoublings = 40;

    /// <summary>The wait after so many failures in a row; at least one.</summary>
    public TimeSpan After(int failures)
    {
        var ticks = First.Ticks * Math.Pow(2, Math.Clamp(failures - 1, 0, MostDoublings));
        return TimeSpan.FromTicks((long)Math.Min(ticks, Longest.Ticks));
    }
}
