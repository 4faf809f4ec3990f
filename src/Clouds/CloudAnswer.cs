namespace Opportunism.Clouds;

/// <summary>A cloud's answer.</summary>
/// <param name="Outcome">How the request ended.</param>
/// <param name="Sentence">What was tried, on what, what to do; empty when done.</param>
public readonly record struct CloudAnswer(CloudOutcome Outcome, string Sentence = "")
{
    /// <summary>True when things are now as they were asked to be, or on their way there.</summary>
    public bool IsDone => Outcome is CloudOutcome.Done or CloudOutcome.AlreadySo;

    /// <summary>Done now.</summary>
    public static CloudAnswer Done { get; } = new(CloudOutcome.Done);

    /// <summary>It was so already.</summary>
    public static CloudAnswer AlreadySo { get; } = new(CloudOutcome.AlreadySo);
}
