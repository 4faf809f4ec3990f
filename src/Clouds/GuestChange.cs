using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>What has just changed in a guest that our agents run.</summary>
/// <param name="Guest">The guest.</param>
/// <param name="Name">Its display name.</param>
/// <param name="Node">The node it is on; null for none.</param>
/// <param name="Before">Its previous status; null for a new guest.</param>
/// <param name="After">Its new status.</param>
/// <param name="Why">Why it has this status; empty when there is no reason to show.</param>
/// <param name="Ended">It has ended for good: nothing of it is needed any more.</param>
/// <param name="FreesDisks">A disk that was kept for it may not be needed any more.</param>
public sealed record GuestChange(
    GuestId Guest, string Name, NodeId? Node, VmStatus? Before, VmStatus After, string Why, bool Ended, bool FreesDisks);
