namespace Opportunism.Core.Fleet;

/// <summary>A node as its cloud sees it.</summary>
/// <param name="Open">True while the cloud may place guests on it.</param>
/// <param name="Guests">The guests it has there.</param>
public sealed record CloudHost(bool Open, IReadOnlyList<CloudGuest> Guests)
{
    /// <summary>Whether its network is marked as open.</summary>
    public CloudMark Network { get; init; }

    /// <summary>Whether the cloud has been told that the node is lost.</summary>
    public CloudMark Lost { get; init; }

    /// <summary>What people should know about it, and what to do; empty when all is as it should be.</summary>
    public string Sentence { get; init; } = "";
}
