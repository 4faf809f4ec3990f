namespace Opportunism.Core.Availability;

/// <summary>A limit with two edges, so that a reading near it cannot make a node flap.</summary>
/// <param name="Enter">The reading at which the condition begins to hold.</param>
/// <param name="Leave">The reading beyond which it no longer holds; on the worse side of <paramref name="Enter"/> or equal to it.</param>
/// <remarks>A higher reading is worse when <paramref name="Leave"/> is above <paramref name="Enter"/> (load), a lower one when it is below (free memory).</remarks>
public readonly record struct Threshold(double Enter, double Leave)
{
    /// <summary>Whether the condition holds after this reading; no reading means that it does not.</summary>
    public bool Holds(bool heldBefore, double? reading)
    {
        if (reading is not { } value || double.IsNaN(value)) return false;
        var limit = heldBefore ? Leave : Enter;
        return Leave >= Enter ? value <= limit : value >= limit;
    }
}
