using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>All that <see cref="GuestRules"/> looks at for one guest, at one point in time.</summary>
internal readonly record struct GuestMoment
{
    /// <summary>State of the node.</summary>
    public required NodeState Node { get; init; }

    /// <summary>The node is about to become Available, if nothing happens.</summary>
    public bool MayLoad { get; init; }

    /// <summary>What the hypervisor knows of it; null when nothing of it is here.</summary>
    public required GuestStatus? Status { get; init; }

    /// <summary>What the plan wishes; null when the plan does not know it.</summary>
    public required GuestWish? Wish { get; init; }

    /// <summary>What has become of it here.</summary>
    public required GuestFate Fate { get; init; }

    /// <summary>That is not on the disk yet: what cannot be undone waits for it.</summary>
    public bool IsFateUnstored { get; init; }

    /// <summary>Its disk grows, and less disk is left than is kept free.</summary>
    public bool EatsReserve { get; init; }

    /// <summary>It stands still for want of disk, and there is not enough yet for it to go on.</summary>
    public bool LacksRoom { get; init; }

    /// <summary>The owner has been back for long enough that memory may be copied to disk.</summary>
    public required bool MaySave { get; init; }

    /// <summary>It is frozen and is held in a moment: until then QEMU answers nothing, and nothing of it can be saved.</summary>
    public bool AwaitsHold { get; init; }

    /// <summary>Its policy keeps its memory, which is not on the disk yet.</summary>
    public bool MustBeSaved { get; init; }

    /// <summary>It ran here until the owner came back; says what to do with one that the plan does not know any more.</summary>
    public required bool RanBefore { get; init; }
}
