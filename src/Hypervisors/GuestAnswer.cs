namespace Opportunism.Hypervisors;

/// <summary>The outcome of a request about a guest.</summary>
public enum GuestOutcome
{
    /// <summary>Done now.</summary>
    Done,

    /// <summary>It was so already.</summary>
    AlreadySo,

    /// <summary>It cannot be done; retrying will not help.</summary>
    Refused,

    /// <summary>It cannot be done now; retry later.</summary>
    TryLater,
}

/// <summary>The result of a request about a guest.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Sentence">What was tried, on what, and what to do; empty when done.</param>
public readonly record struct GuestAnswer(GuestOutcome Outcome, string Sentence = "")
{
    /// <summary>True when the guest is now in the requested state.</summary>
    public bool IsDone => Outcome is GuestOutcome.Done or GuestOutcome.AlreadySo;
}
