using Opportunism.Core;
using Opportunism.Core.Eviction;

namespace Opportunism.Clouds.OpenStack;

/// <summary>A server that we got off its node, recorded until it runs again or its tenant has taken control of it.</summary>
public sealed record EvictedServer
{
    /// <summary>The server.</summary>
    public required GuestId Guest { get; init; }

    /// <summary>The node it was on.</summary>
    public required NodeId Node { get; init; }

    /// <summary>The action that was requested from Nova.</summary>
    public required EvictionStep Action { get; init; }

    /// <summary>When it was first requested.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How often Nova accepted the request.</summary>
    public int Attempts { get; init; }

    /// <summary>How often Nova accepted the request to bring it back.</summary>
    public int Returns { get; init; }

    /// <summary>True once Nova has accepted the request to bring it back.</summary>
    public bool Returning { get; init; }

    /// <summary>The earliest time to bring it back again; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
