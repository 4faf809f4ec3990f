namespace Opportunism.Clouds;

/// <summary>How a request to a cloud ended.</summary>
public enum CloudOutcome
{
    /// <summary>Done now, or accepted and under way: the next reading of the node shows it.</summary>
    Done,

    /// <summary>It was so already.</summary>
    AlreadySo,

    /// <summary>The cloud does not allow it; a person must act first.</summary>
    Refused,

    /// <summary>It cannot be done now; retry later.</summary>
    TryLater,
}
