using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud whose guests are run by our agents: it takes
/// in what nodes report and gives what their plans must name.</summary>
public interface IGuestSource
{
    /// <summary>Called from any thread whenever <see cref="AssignmentsFor"/> may have changed for a node; must not block.</summary>
    event Action<NodeId>? AssignmentsChanged;

    /// <summary>Called from any thread after a guest has changed in anything its tenant sees; must not block.</summary>
    event Action<GuestChange>? GuestChanged;

    /// <summary>Takes in what a node is and has now. Called for every stored report and whenever
    /// the site's own knowledge of the node changes; levels, so doubled calls do no harm.</summary>
    /// <remarks>When it fails (the store does) the caller tries again with the next level; nothing is half taken in.</remarks>
    Task ObserveAsync(NodeObservation node, CancellationToken cancellationToken);

    /// <summary>The guests that the node's plan must name; never blocks.</summary>
    Assignments AssignmentsFor(NodeId node);

    /// <summary>The node that a guest is on; null when it is on none, or not known. Never blocks.</summary>
    NodeId? NodeOf(GuestId guest);

    /// <summary>A guest's name for people; null when it is not known. Never blocks.</summary>
    string? NameOf(GuestId guest);

    /// <summary>Which of the site's files are needed for guests; never blocks.</summary>
    ContentInUse InUse();

    /// <summary>SHA-256 of the disks with the site that a guest still needs; never blocks.</summary>
    IReadOnlySet<string> DisksOf(GuestId guest);

    /// <summary>How many guests there are in each status, those that were deleted left out; never blocks.</summary>
    IReadOnlyDictionary<VmStatus, int> CountByStatus();

    /// <summary>Whether a node may hand over a guest's disk now; never blocks.</summary>
    bool MayHandOver(NodeId node, GuestId id);

    /// <summary>The disk that a node handed over is with the site. False when it is not wanted any more.</summary>
    Task<bool> DiskStoredAsync(NodeId node, GuestId id, string sha256, long bytes, CancellationToken cancellationToken);
}
