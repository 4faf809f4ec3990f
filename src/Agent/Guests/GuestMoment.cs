using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Everything that <see cref="GuestRules"/> uses for one guest, at one point in time.</summary>
internal readonly record struct GuestMoment
{
    /// <summary>State of the node.</summary>
    public required NodeState Node { get; init; }

    /// <summary>The node is about to become Available unless something happens.</summary>
    public bool MayLoad { get; init; }

    /// <summary>Its status in the hypervisor; null when nothing of it is here.</summary>
    public required GuestStatus? Status { get; init; }

    /// <summary>Its wish in the plan; null when the plan does not name it.</summary>
    public required GuestWish? Wish { get; init; }

    /// <summary>Its fate here.</summary>
    public required GuestFate Fate { get; init; }

    /// <summary>The fate is not on the disk yet: what cannot be undone waits for it.</summary>
    public bool IsFateUnstored { get; init; }

    /// <summary>Its disk grows, and less disk is left than is kept free.</summary>
    public bool EatsReserve { get; init; }

    /// <summary>It is paused for lack of disk space, and there is not yet enough to release it.</summary>
    public bool LacksRoom { get; init; }

    /// <summary>The owner has been back for long enough that memory may be copied to disk.</summary>
    public required bool MaySave { get; init; }

    /// <summary>It is frozen and will be held soon: until then QEMU does not reply, and it cannot be saved.</summary>
    public bool AwaitsHold { get; init; }

    /// <summary>Its policy keeps its memory, which is not on the disk yet.</summary>
    public bool MustBeSaved { get; init; }

    /// <summary>It ran here until the owner came back; decides what is done with one that the plan no longer names.</summary>
    public required bool RanBefore { get; init; }
}
