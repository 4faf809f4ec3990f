using Opportunism.Core;
using Opportunism.Core.Eviction;

namespace Opportunism.Clouds.OpenStack;

/// <summary>A server that we got off its node, remembered until it runs again or its tenant has taken it over.</summary>
public sealed record EvictedServer
{
    /// <summary>The server.</summary>
    public required GuestId Guest { get; init; }

    /// <summary>The node it was on.</summary>
    public required NodeId Node { get; init; }

    /// <summary>What Nova was asked to do.</summary>
    public required EvictionStep Action { get; init; }

    /// <summary>When it was first asked.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How often Nova accepted to do it.</summary>
    public int Attempts { get; init; }

    /// <summary>How often Nova accepted to bring it back.</summary>
    public int Returns { get; init; }

    /// <summary>True once Nova has accepted to bring it back.</summary>
    public bool Returning { get; init; }

    /// <summary>Not before then is it brought back again; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
