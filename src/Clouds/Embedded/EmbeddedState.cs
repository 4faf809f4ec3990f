using System.Collections.Immutable;
using Opportunism.Core;

namespace Opportunism.Clouds.Embedded;

/// <summary>The whole state of the embedded cloud. Immutable.</summary>
public sealed record EmbeddedState
{
    /// <summary>The empty state.</summary>
    public static EmbeddedState Empty { get; } = new();

    /// <summary>Every VM, including recently ended ones.</summary>
    public ImmutableDictionary<GuestId, Vm> Vms { get; init; } = ImmutableDictionary<GuestId, Vm>.Empty;

    /// <summary>Every node that was ever observed, opened or closed.</summary>
    public ImmutableDictionary<NodeId, EmbeddedHost> Hosts { get; init; } = ImmutableDictionary<NodeId, EmbeddedHost>.Empty;

    /// <summary>Files of guests that may still be on nodes.</summary>
    public ImmutableList<Leftover> Leftovers { get; init; } = [];

    /// <summary>Grows with every change; larger than that of any VM or leftover.</summary>
    public long Revision { get; init; }
}
