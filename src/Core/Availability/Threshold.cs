namespace Opportunism.Core.Availability;

/// <summary>A limit with two edges, so that a reading near it cannot make a node flap.</summary>
public readonly record struct Threshold
{
    private readonly bool lowIsBad;

    private Threshold(double enter, double leave, bool lowIsBad) => (Enter, Leave, this.lowIsBad) = (enter, leave, lowIsBad);

    /// <summary>The reading at which the condition begins to hold.</summary>
    public double Enter { get; }

    /// <summary>The reading beyond which it no longer holds; on the worse side of <see cref="Enter"/> or equal to it.</summary>
    public double Leave { get; }

    /// <summary>A limit for a reading that must not be high, such as load.</summary>
    public static Threshold AtMost(double enter, double leave) => new(enter, leave, lowIsBad: false);

    /// <summary>A limit for a reading that must not be low, such as free memory.</summary>
    public static Threshold AtLeast(double enter, double leave) => new(enter, leave, lowIsBad: true);

    /// <summary>Whether the condition holds after this reading; without a reading it does not.</summary>
    /// <param name="heldBefore">Whether it held at the reading before.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="upcoming">What guests that are about to run will add to it (load) or take from it (memory): with that included
    /// <see cref="Leave"/> must still hold.</param>
    public bool Holds(bool heldBefore, double? reading, double upcoming = 0)
    {
        if (reading is not { } value || double.IsNaN(value)) return false;
        var limit = heldBefore ? Leave : Enter;
        return lowIsBad ? value >= limit && value - upcoming >= Leave : value <= limit && value + upcoming <= Leave;
    }
}
