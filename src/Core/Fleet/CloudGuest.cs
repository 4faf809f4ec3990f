namespace Opportunism.Core.Fleet;

/// <summary>A guest that a cloud has on a node.</summary>
/// <param name="Id">The guest.</param>
/// <param name="State">How it stands.</param>
/// <param name="Sentence">What people should know about it, and what to do; empty when all is as it should be.</param>
public readonly record struct CloudGuest(GuestId Id, CloudGuestState State, string Sentence = "");
