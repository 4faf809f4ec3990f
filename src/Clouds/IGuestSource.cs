using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud whose guests our agents run: it receives what nodes report and supplies what their plans must
/// name.</summary>
public interface IGuestSource
{
    /// <summary>Called from any thread whenever <see cref="AssignmentsFor"/> may have changed for a node; must not block.</summary>
    event Action<NodeId>? AssignmentsChanged;

    /// <summary>Called from any thread after anything that a guest's tenant sees has changed; must not block.</summary>
    event Action<GuestChange>? GuestChanged;

    /// <summary>Takes in the present state of a node. Called for every stored report and whenever the site's own data about the node
    /// change; a level, so repeated calls do no harm.</summary>
    /// <remarks>When it fails (because the store does) nothing is taken in, and the caller retries with the next level.</remarks>
    Task ObserveAsync(NodeObservation node, CancellationToken cancellationToken);

    /// <summary>The guests that the node's plan must name; never blocks.</summary>
    Assignments AssignmentsFor(NodeId node);

    /// <summary>The node that a guest is on; null when it is on none, or not found. Never blocks.</summary>
    NodeId? NodeOf(GuestId guest);

    /// <summary>A guest's display name; null when it is not found. Never blocks.</summary>
    string? NameOf(GuestId guest);

    /// <summary>Which of the site's files are needed for guests; never blocks.</summary>
    ContentInUse InUse();

    /// <summary>SHA-256 of each disk at the site that a guest still needs; never blocks.</summary>
    IReadOnlySet<string> DisksOf(GuestId guest);

    /// <summary>How many guests there are in each status, not counting deleted ones; never blocks.</summary>
    IReadOnlyDictionary<VmStatus, int> CountByStatus();

    /// <summary>Whether a node may hand over a guest's disk now; never blocks.</summary>
    bool MayHandOver(NodeId node, GuestId id);

    /// <summary>Records that the site has stored the disk that a node handed over. False when the disk is not needed any more.</summary>
    Task<bool> DiskStoredAsync(NodeId node, GuestId id, string sha256, long bytes, CancellationToken cancellationToken);
}
