using System.Collections.Concurrent;
using Opportunism.Core;

namespace Opportunism.Controller.Reports;

/// <summary>The calls that nodes have open, so that those of one node can be cut at once. Any thread.</summary>
internal sealed class OpenStreams
{
    private readonly ConcurrentDictionary<NodeId, CancellationTokenSource> nodes = new();

    /// <summary>Cancelled when the node is cut off.</summary>
    public CancellationToken TokenOf(NodeId node) => nodes.GetOrAdd(node, _ => new CancellationTokenSource()).Token;

    /// <summary>Cuts every open call of a node, and lets it call again later if its secret still works.</summary>
    public void Cut(NodeId node)
    {
        // Not disposed: calls still hold its token, and it has no timer to free.
        if (nodes.TryRemove(node, out var source)) source.Cancel();
    }
}
