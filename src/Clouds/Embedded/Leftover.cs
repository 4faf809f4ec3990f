using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>Files that a node may still have of a guest that is elsewhere or deleted. The node's plan names the guest as gone until the
/// node no longer reports it.</summary>
/// <param name="Spec">The guest's spec: the resources that it may still take.</param>
/// <param name="Node">The node.</param>
/// <param name="Revision">The cloud's revision when it was added: only a node whose plan shows that revision or a newer one can
/// confirm.</param>
/// <param name="Generation">The generation of the wish that it be gone.</param>
/// <param name="MayRun">True when the guest might still start there, so
/// that its VM must not be placed before the node has confirmed.</param>
public sealed record Leftover(GuestSpec Spec, NodeId Node, long Revision, long Generation, bool MayRun)
{
    /// <summary>The guest.</summary>
    public GuestId Id => Spec.Id;
}
