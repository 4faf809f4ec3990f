using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>A tenant's VM in the embedded cloud. Immutable, replaced whole; the rules that change it are in
/// <see cref="VmRules"/>.</summary>
public sealed record Vm
{
    /// <summary>Its image and size.</summary>
    public required GuestSpec Spec { get; init; }

    /// <summary>Name of its image when it was created.</summary>
    public required string ImageName { get; init; }

    /// <summary>Size of its image.</summary>
    public required long ImageBytes { get; init; }

    /// <summary>How it leaves when the owner stays.</summary>
    public required EvictionPolicy Policy { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it last began to wait for a node.</summary>
    public required DateTimeOffset Queued { get; init; }

    /// <summary>The state that its tenant wants: Running, Stopped or Gone.</summary>
    public GuestWish Wanted { get; init; } = GuestWish.Running;

    /// <summary>Grows with every request of its tenant.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>The cloud's revision when its wish for the node last changed: a node whose plan shows that revision or a newer one has
    /// received the wish.</summary>
    public long Revision { get; init; }

    /// <summary>The node it is on; null while it is on none.</summary>
    public NodeId? Node { get; init; }

    /// <summary>True once its node may have changed its disk; until then it can be placed elsewhere without loss.</summary>
    public bool StartedHere { get; init; }

    /// <summary>True while its node hands its disk to the site.</summary>
    public bool Moving { get; init; }

    /// <summary>True while its node deletes it because of its policy.</summary>
    public bool Terminating { get; init; }

    /// <summary>SHA-256 of the disk it boots from on the node it is placed on next or now; empty for the image.</summary>
    public string DiskSha256 { get; init; } = "";

    /// <summary>Size of that disk.</summary>
    public long DiskBytes { get; init; }

    /// <summary>SHA-256 of the disk that its present node has handed over and the site has stored; empty while there is none.</summary>
    public string StoredSha256 { get; init; } = "";

    /// <summary>Size of that disk.</summary>
    public long StoredBytes { get; init; }

    /// <summary>How often it was placed on a node.</summary>
    public int Placements { get; init; }

    /// <summary>How it ended, if it has.</summary>
    public VmEnd End { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The status that its tenant sees.</summary>
    public VmStatus Status { get; init; } = VmStatus.Waiting;

    /// <summary>Why it has this status, as a sentence.</summary>
    public string Why { get; init; } = "";

    /// <summary>Since when it has this status.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What its node last reported of it; not stored, since the report is.</summary>
    public GuestObservation? Seen { get; init; }

    /// <summary>Its id.</summary>
    public GuestId Id => Spec.Id;

    /// <summary>Its entry in its node's plan.</summary>
    public GuestWish Wish => Wanted is GuestWish.Gone || Terminating ? GuestWish.Gone : Moving ? GuestWish.HandedOver : Wanted;

    /// <summary>True while it waits for a node.</summary>
    public bool IsQueued => End is VmEnd.None && Node is null && Wanted is GuestWish.Running;
}
