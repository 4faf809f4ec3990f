namespace Opportunism.Clouds;

/// <summary>Whether a right is granted.</summary>
public enum RightState
{
    /// <summary>It is granted.</summary>
    Granted,

    /// <summary>It is missing.</summary>
    Missing,

    /// <summary>Unknown now: the service does not reply, or there is nothing yet to try it on.</summary>
    Unknown,
}
