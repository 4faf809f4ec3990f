namespace Opportunism.Contracts.Api;

/// <summary>A guest as its node reports it.</summary>
public sealed record NodeGuestView
{
    /// <summary>Its id, the same as its VM's.</summary>
    public required string Id { get; init; }

    /// <summary>Its VM's name; empty when the site has no such VM.</summary>
    public string Name { get; init; } = "";

    /// <summary>A name of <see cref="Core.Guests.GuestPhase"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>Why, where that is not obvious.</summary>
    public string Sentence { get; init; } = "";

    /// <summary>Since when, by the node's clock.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>0 to 1 while something is copied.</summary>
    public double Progress { get; init; }

    /// <summary>From the request of its latest hold until its vCPUs were paused, in milliseconds; null where not measured yet.</summary>
    public double? HoldMs { get; init; }

    /// <summary>From the latest decision to release it after a hold until its vCPUs ran, in milliseconds; null where not measured
    /// yet.</summary>
    public double? ThawMs { get; init; }
}
