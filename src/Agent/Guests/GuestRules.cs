using Opportunism.Core.Availability;
using Opportunism.Core.Guests;

namespace Opportunism.Agent.Guests;

/// <summary>Decides what is done with a guest next. Pure; called again after every change.</summary>
/// <remarks>Only in <see cref="NodeState.Available"/> does it ever return a step after which a guest runs.</remarks>
internal static class GuestRules
{
    public static GuestStep Next(in GuestMoment now)
    {
        var inMemory = now.Status is { InMemory: true };
        // Memory first: it belongs to the owner, whatever the wish. A guest that is to keep its memory is held before: only then can it be
        // saved.
        if (inMemory && now.Node == NodeState.Evicting && now.Wish is not GuestWish.Gone)
        {
            if (now.Wish is GuestWish.Stopped or GuestWish.HandedOver) return GuestStep.End;
            return now is { AwaitsHold: true, MustBeSaved: true } ? GuestStep.Nothing : GuestStep.Evict;
        }

        // Loaded in vain: its memory is given back to the owner.
        if (now is { Status.IsLoaded: true, Wish: GuestWish.Running or null } && !IsAboutToRun(now)) return GuestStep.Unload;
        // Its policy keeps nothing: its memory is free, its disk is removed next.
        if (now is { Fate: GuestFate.Terminated, Status: not null, Wish: GuestWish.Running or GuestWish.Stopped }) return GuestStep.Delete;
        return now.Wish switch
        {
            GuestWish.Gone => now.Status is null ? GuestStep.Nothing : GuestStep.Delete,
            GuestWish.HandedOver => HandOver(now),
            GuestWish.Stopped => now.Fate == GuestFate.Relocating ? HandOver(now) : Stop(now),
            GuestWish.Running => Run(now),
            _ => LeaveAlone(now),
        };
    }

    private static GuestStep Run(in GuestMoment now)
    {
        if (now.Fate == GuestFate.Relocating) return HandOver(now);
        if (now.Fate is GuestFate.HandedOver or GuestFate.Terminated) return GuestStep.Nothing;
        return now.Node switch
        {
            NodeState.Available => now.Status?.Phase switch
            {
                null or GuestPhase.Stopped or GuestPhase.Failed =>
                    now.Fate == GuestFate.ShutItselfDown ? GuestStep.Nothing : GuestStep.Start,
                GuestPhase.Suspended => GuestStep.Resume,
                GuestPhase.Held => now.LacksRoom ? GuestStep.Nothing : GuestStep.Release,
                GuestPhase.Running when now.EatsReserve => GuestStep.HoldForRoom,
                _ => GuestStep.Nothing,
            },
            _ => IsAboutToRun(now) && now.Status is { Phase: GuestPhase.Suspended, IsLoaded: false } ? GuestStep.Load : Save(now),
        };
    }

    /// <summary>Whether a suspended guest is resumed now or within seconds.</summary>
    private static bool IsAboutToRun(in GuestMoment now) =>
        now is { Wish: GuestWish.Running, Fate: GuestFate.None }
        && (now.Node == NodeState.Available || (now.MayLoad && now.Node is NodeState.InUse or NodeState.Frozen));

    private static GuestStep LeaveAlone(in GuestMoment now) => now switch
    {
        { Node: NodeState.Available, LacksRoom: true } => GuestStep.Nothing,
        { Node: NodeState.Available, EatsReserve: true, Status.Phase: GuestPhase.Running } => GuestStep.HoldForRoom,
        { Node: NodeState.Available, Status.Phase: GuestPhase.Held } => now.RanBefore ? GuestStep.Release : GuestStep.Suspend,
        { Node: NodeState.Available } => GuestStep.Nothing,
        _ => Save(now),
    };

    private static GuestStep Save(in GuestMoment now) =>
        now is { MaySave: true, AwaitsHold: false, Status: { Phase: GuestPhase.Held, HasCheckpoint: false } }
            ? GuestStep.Checkpoint
            : GuestStep.Nothing;

    private static GuestStep Stop(in GuestMoment now) => now.Status?.Phase switch
    {
        GuestPhase.Running when now.Node == NodeState.Available => GuestStep.ShutDown,
        GuestPhase.Running or GuestPhase.Starting or GuestPhase.Held or GuestPhase.Suspended => GuestStep.End,
        _ => GuestStep.Nothing,
    };

    private static GuestStep HandOver(in GuestMoment now)
    {
        if (now.Fate == GuestFate.HandedOver) return now.Status is null || now.IsFateUnstored ? GuestStep.Nothing : GuestStep.Delete;
        return now.Status?.Phase switch
        {
            null => GuestStep.Nothing,
            GuestPhase.Stopped or GuestPhase.Failed => GuestStep.HandOver,
            _ => Stop(now),
        };
    }
}
