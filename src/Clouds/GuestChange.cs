using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>What has just changed of a guest that our agents run.</summary>
/// <param name="Guest">The guest.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Node">The node it is on; null for none.</param>
/// <param name="Before">Its status until now; null for a new one.</param>
/// <param name="After">Its status from now on.</param>
/// <param name="Why">Why it is so; empty where there is nothing to say.</param>
/// <param name="Ended">It is over for good: nothing of it is needed any more.</param>
/// <param name="FreesDisks">A disk that was kept for it may not be needed any more.</param>
public sealed record GuestChange(
    GuestId Guest, string Name, NodeId? Node, VmStatus? Before, VmStatus After, string Why, bool Ended, bool FreesDisks);
