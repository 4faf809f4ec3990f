using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud that opens and closes nodes, and gets guests off them and back. Every cloud has it.</summary>
/// <remarks>
/// Called by one worker per node: at most one call per node is under way, except that different guests of it are evicted or brought back at
/// the same time. Calls for different nodes overlap. Every member may be called again with the same arguments (at least once). A call takes
/// no longer than the cloud's own time limit. No driver's exception leaves this interface: what can happen in a normal week is a
/// <see cref="CloudAnswer"/>.
/// </remarks>
public interface IHostCloud
{
    /// <summary>Name in settings and logs; never changes.</summary>
    string Name { get; }

    /// <summary>What differs between the hosts of clouds.</summary>
    HostCapabilities Capabilities { get; }

    /// <summary>The node as the cloud shows it now: open or closed, and every guest there, builds under way included. Called at least once
    /// a minute per node.</summary>
    /// <remarks>For a node that the cloud does not have: <see cref="CloudOutcome.Refused"/> with what to do.</remarks>
    Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>Lets the cloud place guests on the node again. A node that an operator closed stays closed:
    /// <see cref="CloudOutcome.Refused"/>.</summary>
    Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>Stops the cloud from placing guests on the node. Once it is done no new guest arrives there, whatever was under
    /// way.</summary>
    Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken);

    /// <summary>Gets a guest off the closed node, by its policy. Done means under way; the next reading shows the progress.</summary>
    Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken);

    /// <summary>Brings back a guest that we evicted; one that its tenant stopped stays as it is:
    /// <see cref="CloudOutcome.AlreadySo"/>.</summary>
    Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken);

    /// <summary>Brings the cloud's other data about the node in line with the target: its network's marks, and whether it is lost. Called
    /// only for a cloud whose <see cref="CloudHost"/> shows such marks.</summary>
    Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken);
}
