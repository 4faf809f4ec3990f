using System.Collections.Concurrent;
using Opportunism.Core;

namespace Opportunism.Controller.Reports;

/// <summary>The calls that nodes have open, so that those of one node can be cut at once. Any thread.</summary>
internal sealed class OpenStreams
{
    private readonly ConcurrentDictionary<NodeId, CancellationTokenSource> nodes = new();

    /// <summary>Cancelled when the node is cut off.</summary>
    public CancellationToken TokenOf(NodeId node) => nodes.GetOrAdd(node, _ => new CancellationTokenSource()).Token;

    /// <summary>Cancels every open call of a node; the node may call again if its credential is still valid.</summary>
    public void Cut(NodeId node)
    {
        // Not disposed: calls still hold its token, and it has no timer to free.
        if (nodes.TryRemove(node, out var source)) source.Cancel();
    }
}
