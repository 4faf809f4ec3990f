namespace Opportunism.Clouds;

/// <summary>A cloud's answer.</summary>
/// <param name="Outcome">How the request ended.</param>
/// <param name="Sentence">What was tried, on what, what to do; empty when done.</param>
public readonly record struct CloudAnswer(CloudOutcome Outcome, string Sentence = "")
{
    /// <summary>True when things are now as they were asked to be, or on their way there.</summary>
    public bool IsDone => Outcome is CloudOutcome.Done or CloudOutcome.AlreadySo;

    /// <summary>Not allowed; a person must do something first, which the sentence names.</summary>
    public static CloudAnswer Refused(string sentence) => new(CloudOutcome.Refused, sentence);

    /// <summary>Not possible now; the sentence says why.</summary>
    public static CloudAnswer TryLater(string sentence) => new(CloudOutcome.TryLater, sentence);

    /// <summary>One answer for several requests, none of which waited for another: the first that was not done, else the last.</summary>
    public static CloudAnswer Worst(IReadOnlyList<CloudAnswer> all) => all.FirstOrDefault(answer => !answer.IsDone, all[^1]);

    /// <summary>Done now.</summary>
    public static CloudAnswer Done { get; } = new(CloudOutcome.Done);

    /// <summary>It was so already.</summary>
    public static CloudAnswer AlreadySo { get; } = new(CloudOutcome.AlreadySo);
}
