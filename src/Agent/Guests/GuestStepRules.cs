using Opportunism.Agent.Availability;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;

namespace Opportunism.Agent.Guests;

/// <summary>What a step means for the node, and when it must be cancelled. Pure.</summary>
internal static class GuestStepRules
{
    /// <summary>Whether a guest is in memory after a step and was not before.</summary>
    public static bool TakesMemory(GuestStep step) => step is GuestStep.Start or GuestStep.Load or GuestStep.Resume;

    /// <summary>Whether a step that is under way must be cancelled.</summary>
    /// <param name="step">The step.</param>
    /// <param name="status">The node now.</param>
    /// <param name="wish">The guest's wish in the plan; null where the plan does not name it.</param>
    /// <param name="fate">Its fate here.</param>
    public static bool IsWrong(GuestStep step, NodeStatus status, GuestWish? wish, GuestFate fate) => step switch
    {
        GuestStep.Start or GuestStep.Resume => status.State != NodeState.Available || wish != GuestWish.Running,
        // Not when the node becomes Available: then it is resumed as soon as it is loaded.
        GuestStep.Load => (status.State != NodeState.Available && !status.MayLoad) || wish != GuestWish.Running,
        GuestStep.Release => status.State != NodeState.Available,
        // Once the owner stays the eviction finishes it, as fast as possible instead of paced.
        GuestStep.Checkpoint => status.State is NodeState.Available or NodeState.Evicting,
        // While frozen it can no longer shut down.
        GuestStep.ShutDown => status.State != NodeState.Available || wish == GuestWish.Running,
        GuestStep.HandOver => wish is null or GuestWish.Gone || (wish is GuestWish.Running && fate != GuestFate.Relocating),
        _ => false,
    };
}
