namespace Opportunism.Contracts.Api;

/// <summary>Why a request was rejected (RFC 9457).</summary>
public sealed record Problem
{
    /// <summary>The HTTP status.</summary>
    public int? Status { get; init; }

    /// <summary>The kind of problem.</summary>
    public string? Title { get; init; }

    /// <summary>What was tried, on what, what to do.</summary>
    public string? Detail { get; init; }
}
