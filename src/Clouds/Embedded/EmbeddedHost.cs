using Opportunism.Core;

namespace Opportunism.Clouds.Embedded;

/// <summary>Whether the embedded cloud may place guests on a node.</summary>
public sealed record EmbeddedHost(NodeId Node, bool Open);
