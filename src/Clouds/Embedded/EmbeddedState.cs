using System.Collections.Immutable;
using Opportunism.Core;

namespace Opportunism.Clouds.Embedded;

/// <summary>All that the embedded cloud knows and keeps. Immutable.</summary>
public sealed record EmbeddedState
{
    /// <summary>Nothing.</summary>
    public static EmbeddedState Empty { get; } = new();

    /// <summary>Every VM, those that ended lately too.</summary>
    public ImmutableDictionary<GuestId, Vm> Vms { get; init; } = ImmutableDictionary<GuestId, Vm>.Empty;

    /// <summary>Every node it was told about.</summary>
    public ImmutableDictionary<NodeId, EmbeddedHost> Hosts { get; init; } = ImmutableDictionary<NodeId, EmbeddedHost>.Empty;

    /// <summary>What may still lie on nodes.</summary>
    public ImmutableList<Leftover> Leftovers { get; init; } = [];

    /// <summary>Grows with every change; larger than that of any VM or leftover.</summary>
    public long Revision { get; init; }

    /// <summary>This state with a change made.</summary>
    public EmbeddedState With(EmbeddedChange change) => new()
    {
        Revision = Revision + 1,
        Vms = Vms.SetItems(change.Vms.Select(vm => KeyValuePair.Create(vm.Id, vm))).RemoveRange(change.ForgottenVms),
        Hosts = Hosts.SetItems(change.Hosts.Select(host => KeyValuePair.Create(host.Node, host))),
        Leftovers = Leftovers.RemoveAll(change.ClearedLeftovers.Contains).AddRange(change.Leftovers),
    };
}
