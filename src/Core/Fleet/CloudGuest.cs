namespace Opportunism.Core.Fleet;

/// <summary>A guest that a cloud has on a node.</summary>
public readonly record struct CloudGuest(GuestId Id, CloudGuestState State);
