namespace Opportunism.Core.Fleet;

/// <summary>A guest that a cloud has on a node.</summary>
/// <param name="Id">The guest.</param>
/// <param name="State">Its state, as far as opening and evicting need it.</param>
/// <param name="Sentence">What people should know about it, and what to do; empty when all is as it should be.</param>
public readonly record struct CloudGuest(GuestId Id, CloudGuestState State, string Sentence = "")
{
    /// <summary>True while its cloud can get it off its node only if it runs: the cloud presses its power button, which has no effect on a
    /// guest that does not run, or waits for it to boot or resume.</summary>
    public bool MustRun { get; init; }

    /// <summary>True while its cloud, for us or for its tenant, has paused it: it stays in the node's memory and does not run.</summary>
    public bool Paused { get; init; }
}
