namespace Opportunism.Core.Fleet;

/// <summary>A guest that a cloud has on a node.</summary>
/// <param name="Id">The guest.</param>
/// <param name="State">How it stands.</param>
/// <param name="Sentence">What people should know about it, and what to do; empty when all is as it should be.</param>
public readonly record struct CloudGuest(GuestId Id, CloudGuestState State, string Sentence = "")
{
    /// <summary>True while its cloud cannot get it off its node unless it runs: it presses its power button, which one that stands still does not hear, or waits for it to boot or go on.</summary>
    public bool MustRun { get; init; }

    /// <summary>True while its cloud, for us or for its tenant, has paused it: it stays in the node's memory and does not run.</summary>
    public bool Paused { get; init; }
}
