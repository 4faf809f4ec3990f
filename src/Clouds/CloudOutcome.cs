namespace Opportunism.Clouds;

/// <summary>How a request to a cloud ended.</summary>
public enum CloudOutcome
{
    /// <summary>Done now, or accepted and under way: the next look shows it.</summary>
    Done,

    /// <summary>It was so already.</summary>
    AlreadySo,

    /// <summary>The cloud does not allow it; a person must do something first.</summary>
    Refused,

    /// <summary>It cannot be done now; ask again later.</summary>
    TryLater,
}
