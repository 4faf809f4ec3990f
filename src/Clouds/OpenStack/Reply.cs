namespace Opportunism.Clouds.OpenStack;

/// <summary>A service's response to one call, in the driver's terms.</summary>
/// <param name="Answer">How the call ended.</param>
/// <param name="Status">The HTTP status; 0 when there was no response.</param>
/// <param name="Value">The content; null unless the call is done and has content.</param>
internal readonly record struct Reply<T>(CloudAnswer Answer, int Status, T? Value)
    where T : class
{
    /// <summary>True when the call was done.</summary>
    public bool IsDone => Answer.IsDone;
}
