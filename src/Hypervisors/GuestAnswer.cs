namespace Opportunism.Hypervisors;

/// <summary>How a request about a guest ended.</summary>
public enum GuestOutcome
{
    /// <summary>Done now.</summary>
    Done,

    /// <summary>It was so already.</summary>
    AlreadySo,

    /// <summary>It cannot be done; asking again will not help.</summary>
    Refused,

    /// <summary>It cannot be done now; ask again later.</summary>
    TryLater,
}

/// <summary>The answer to a request about a guest.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Sentence">What was tried, on what, and what to do; empty when done.</param>
public readonly record struct GuestAnswer(GuestOutcome Outcome, string Sentence = "")
{
    /// <summary>True when things are now as they were asked to be.</summary>
    public bool IsDone => Outcome is GuestOutcome.Done or GuestOutcome.AlreadySo;
}
