using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>What may still lie on a node of a guest that is elsewhere or deleted.
/// The node's plan names it as gone until the node no longer reports it.</summary>
/// <param name="Spec">What it was made of: the room it may still take.</param>
/// <param name="Node">The node.</param>
/// <param name="Revision">The cloud's revision when it became one: only a
/// node whose plan shows that revision or a newer one can confirm.</param>
/// <param name="Generation">That of the wish that it be gone.</param>
/// <param name="MayRun">True when the guest might still start there, so
/// that its VM must not be placed before the node has confirmed.</param>
public sealed record Leftover(GuestSpec Spec, NodeId Node, long Revision, long Generation, bool MayRun)
{
    /// <summary>The guest.</summary>
    public GuestId Id => Spec.Id;
}
