namespace Opportunism.TestKit.OpenStack;

/// <summary>Something that goes wrong with requests that fit.</summary>
/// <param name="Method">Their method; empty for any.</param>
/// <param name="Path">Part of their path and query.</param>
public sealed record StandInFault(string Method, string Path)
{
    private readonly TaskCompletionSource met = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many requests that fit still pass unharmed.</summary>
    public int Skips { get; set; }

    /// <summary>How often it still happens.</summary>
    public int Times { get; set; } = int.MaxValue;

    /// <summary>The status answered; 0 to answer as usual, after the rest of the fault.</summary>
    public int Status { get; init; }

    /// <summary>The body answered with the status.</summary>
    public string Body { get; init; } = "";

    /// <summary>A header with it; empty for none.</summary>
    public string RetryAfter { get; init; } = "";

    /// <summary>True to answer never, until the caller gives up.</summary>
    public bool Hangs { get; init; }

    /// <summary>True to cut the connection instead of answering.</summary>
    public bool Cuts { get; init; }

    /// <summary>True to do what was asked, and to answer never, until the caller gives up.</summary>
    public bool Forgets { get; init; }

    /// <summary>Done as soon as a request has met it; where it forgets, once what was asked is done.</summary>
    public Task Met => met.Task;

    internal void Meet() => met.TrySetResult();
}
