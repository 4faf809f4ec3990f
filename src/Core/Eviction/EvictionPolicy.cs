namespace Opportunism.Core.Eviction;

/// <summary>How a guest leaves when the owner stays: chosen by its tenant or operator, offered by the clouds that can do every
/// step.</summary>
/// <param name="Name">Name in settings, contracts, metadata and the API; never changes.</param>
/// <param name="Ladder">One entry for each attempt; the last is repeated. Not empty, and never <see cref="EvictionStep.Suspend"/> at its
/// end.</param>
/// <param name="Keeps">What the first step leaves of the guest.</param>
public sealed record EvictionPolicy(string Name, IReadOnlyList<EvictionStep> Ladder, Kept Keeps)
{
    /// <summary>The step to take now. Pure; asked once per attempt.</summary>
    public EvictionStep Next(EvictionCase guest)
    {
        // Giving up a complete checkpoint gains nothing: a process that does not end would not end for another step either.
        if (guest.HasCheckpoint && Ladder.Contains(EvictionStep.Suspend)) return EvictionStep.Suspend;
        for (var rung = Math.Min(guest.Attempts, Ladder.Count - 1); rung < Ladder.Count - 1; rung++)
        {
            if (guest.CanSuspend || Ladder[rung] is not EvictionStep.Suspend) return Ladder[rung];
        }

        return Ladder[^1];
    }
}
