namespace Opportunism.Clouds;

/// <summary>The guests that a node's plan must name.</summary>
/// <param name="Revision">The cloud's revision of this list: grows with every change in the cloud.</param>
/// <param name="Guests">The guests.</param>
public sealed record Assignments(long Revision, IReadOnlyList<GuestAssignment> Guests);
