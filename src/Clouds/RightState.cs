namespace Opportunism.Clouds;

/// <summary>Whether a right is there.</summary>
public enum RightState
{
    /// <summary>It is.</summary>
    Granted,

    /// <summary>It is not.</summary>
    Missing,

    /// <summary>It cannot be told now: the service does not answer, or there is nothing yet to try it on.</summary>
    Unknown,
}
