namespace Opportunism.Clouds;

/// <summary>A cloud's answer.</summary>
/// <param name="Outcome">How the request ended.</param>
/// <param name="Sentence">What was tried, on what, what to do; empty when done.</param>
public readonly record struct CloudAnswer(CloudOutcome Outcome, string Sentence = "")
{
    /// <summary>True when the requested state is reached or on its way.</summary>
    public bool IsDone => Outcome is CloudOutcome.Done or CloudOutcome.AlreadySo;

    /// <summary>Not allowed; a person must act first, as the sentence describes.</summary>
    public static CloudAnswer Refused(string sentence) => new(CloudOutcome.Refused, sentence);

    /// <summary>Not possible now; the sentence has the reason.</summary>
    public static CloudAnswer TryLater(string sentence) => new(CloudOutcome.TryLater, sentence);

    /// <summary>One answer for several independent requests: the first that was not done, else the last.</summary>
    public static CloudAnswer Worst(IReadOnlyList<CloudAnswer> all) => all.FirstOrDefault(answer => !answer.IsDone, all[^1]);

    /// <summary>Done now.</summary>
    public static CloudAnswer Done { get; } = new(CloudOutcome.Done);

    /// <summary>It was so already.</summary>
    public static CloudAnswer AlreadySo { get; } = new(CloudOutcome.AlreadySo);
}
