namespace Opportunism.Core.Fleet;

/// <summary>A node as its cloud sees it.</summary>
/// <param name="Open">True while the cloud may place guests on it.</param>
/// <param name="Guests">The guests it has there.</param>
public sealed record CloudHost(bool Open, IReadOnlyList<CloudGuest> Guests)
{
    /// <summary>Whether its network is marked as open.</summary>
    public CloudMark Network { get; init; }

    /// <summary>Whether the cloud has a mark that the node is lost.</summary>
    public CloudMark Lost { get; init; }

    /// <summary>What is wrong with it, and what to do, for people; empty when nothing is wrong.</summary>
    public string Sentence { get; init; } = "";
}
