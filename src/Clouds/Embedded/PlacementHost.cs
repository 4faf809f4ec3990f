using Opportunism.Core;

namespace Opportunism.Clouds.Embedded;

/// <summary>A node as input to placement.</summary>
/// <param name="Node">The node.</param>
/// <param name="Takes">True while guests may be placed on it: open, available, not lost.</param>
/// <param name="Whole">What it could lend if it were empty.</param>
/// <param name="Free">What is left after subtracting everything assigned to it; may be negative.</param>
/// <param name="Guests">How many guests are assigned to it.</param>
public readonly record struct PlacementHost(NodeId Node, bool Takes, NodeCapacity Whole, NodeCapacity Free, int Guests = 0);
