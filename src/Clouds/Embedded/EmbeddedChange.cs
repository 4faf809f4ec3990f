using Opportunism.Core;

namespace Opportunism.Clouds.Embedded;

/// <summary>A change of the embedded cloud that is stored whole or not at all.</summary>
public sealed record EmbeddedChange
{
    /// <summary>VMs that are new or have changed.</summary>
    public IReadOnlyList<Vm> Vms { get; init; } = [];

    /// <summary>VMs to remove.</summary>
    public IReadOnlyList<GuestId> ForgottenVms { get; init; } = [];

    /// <summary>Hosts that are new or have changed.</summary>
    public IReadOnlyList<EmbeddedHost> Hosts { get; init; } = [];

    /// <summary>Leftovers that are new.</summary>
    public IReadOnlyList<Leftover> Leftovers { get; init; } = [];

    /// <summary>Leftovers that are confirmed gone.</summary>
    public IReadOnlyList<Leftover> ClearedLeftovers { get; init; } = [];
}
