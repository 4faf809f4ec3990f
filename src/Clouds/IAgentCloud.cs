using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>A cloud whose guests are run by our agents: it hears what nodes report and says what their plans must name.</summary>
public interface IAgentCloud : ICloud
{
    /// <summary>Takes up what a node is and has now. Called for every stored report and whenever the site's own knowledge of the node changes; levels, so doubled calls do no harm.</summary>
    /// <remarks>When it fails (the store does) the caller tries again with the next level; nothing is half taken up.</remarks>
    Task ObserveAsync(NodeObservation node, CancellationToken cancellationToken);

    /// <summary>The guests that the node's plan must name; never blocks.</summary>
    Assignments AssignmentsFor(NodeId node);

    /// <summary>Called from any thread whenever <see cref="AssignmentsFor"/> may have changed for a node; must not block.</summary>
    event Action<NodeId>? AssignmentsChanged;
}
