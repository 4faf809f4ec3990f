namespace Opportunism.TestKit.OpenStack;

/// <summary>A fault of requests that match.</summary>
/// <param name="Method">Their method; empty for any.</param>
/// <param name="Path">Part of their path and query.</param>
public sealed record StandInFault(string Method, string Path)
{
    private readonly TaskCompletionSource met = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many matching requests still succeed first.</summary>
    public int Skips { get; set; }

    /// <summary>How often it still happens.</summary>
    public int Times { get; set; } = int.MaxValue;

    /// <summary>The status of the response; 0 for the usual response, after the rest of the fault.</summary>
    public int Status { get; init; }

    /// <summary>The body of the response with that status.</summary>
    public string Body { get; init; } = "";

    /// <summary>The value of its Retry-After header; empty for none.</summary>
    public string RetryAfter { get; init; } = "";

    /// <summary>True to send no response until the caller gives up.</summary>
    public bool Hangs { get; init; }

    /// <summary>True to cut the connection instead of responding.</summary>
    public bool Cuts { get; init; }

    /// <summary>True to do the requested work, and to send no response until the caller gives up.</summary>
    public bool Forgets { get; init; }

    /// <summary>Completes as soon as a request has met the fault; with <see cref="Forgets"/>, once the requested work is done.</summary>
    public Task Met => met.Task;

    internal void Meet() => met.TrySetResult();
}
