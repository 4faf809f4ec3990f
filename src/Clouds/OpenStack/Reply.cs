namespace Opportunism.Clouds.OpenStack;

/// <summary>What a service answered to one call, already in the driver's words.</summary>
/// <param name="Answer">How the call went.</param>
/// <param name="Status">The HTTP status; 0 when none came.</param>
/// <param name="Value">What was answered; null unless the call is done and has content.</param>
internal readonly record struct Reply<T>(CloudAnswer Answer, int Status, T? Value)
    where T : class
{
    /// <summary>True when the call was done.</summary>
    public bool IsDone => Answer.IsDone;
}
