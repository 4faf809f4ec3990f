using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud that opens and closes nodes, and gets guests off them and back. Every cloud has it.</summary>
/// <remarks>
/// Called by one worker per node: at most one call per node is under way, except that different guests of it are evicted or brought
/// back at the same time. Calls for different nodes overlap. Every member is safe to repeat, at least once is the rule. A call may
/// take as long as the cloud's own time limit, no longer. No driver's exception leaves
/// this interface: what can happen in a normal week is a <see cref="CloudAnswer"/>.
/// </remarks>
public interface IHostCloud
{
    /// <summary>Name in settings and logs; never changes.</summary>
    string Name { get; }

    /// <summary>How its hosts behave.</summary>
    HostCapabilities Capabilities { get; }

    /// <summary>The node as the cloud shows it now: open or closed, and every guest
    /// there, builds under way included. Asked at least once a minute per node.</summary>
    /// <remarks>A node that the cloud does not know is <see cref="CloudOutcome.Refused"/> with what to do.</remarks>
    Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>Places guests on the node again. A node that somebody else
    /// closed stays closed: <see cref="CloudOutcome.Refused"/>.</summary>
    Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>Places no more guests on the node. Once it is done no new guest lands there, whatever was under way.</summary>
    Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken);

    /// <summary>Gets a guest off the closed node, the way its policy says. Done means under way; the next look shows how far.</summary>
    Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken);

    /// <summary>Lets a guest go on that we evicted; one that its tenant
    /// stopped stays as it is: <see cref="CloudOutcome.AlreadySo"/>.</summary>
    Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken);

    /// <summary>Brings whatever else the cloud keeps about the node in line with what is wanted: its network's marks,
    /// and that it is lost or back. Asked only of a cloud whose <see cref="CloudHost"/> shows such marks.</summary>
    Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken);
}
