namespace Opportunism.Clouds;

/// <summary>The guests that a node's plan must name.</summary>
/// <param name="Revision">The cloud's revision that this list shows: grows with every change the cloud makes.</param>
/// <param name="Guests">The guests.</param>
public sealed record Assignments(long Revision, IReadOnlyList<GuestAssignment> Guests);
