namespace Opportunism.Core.Fleet;

/// <summary>A node as its cloud sees it.</summary>
/// <param name="Open">True while the cloud may place guests on it.</param>
/// <param name="Guests">The guests it has there.</param>
public sealed record CloudHost(bool Open, IReadOnlyList<CloudGuest> Guests);
