using Opportunism.Agent.Availability;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;

namespace Opportunism.Agent.Guests;

/// <summary>What a step means for the node, and when it has become wrong while it is under way. Pure.</summary>
internal static class GuestStepRules
{
    /// <summary>Whether a guest is in memory after a step and was not before.</summary>
    public static bool TakesMemory(GuestStep step) => step is GuestStep.Start or GuestStep.Load or GuestStep.Resume;

    /// <summary>Whether a step that is under way must be cancelled.</summary>
    /// <param name="step">The step.</param>
    /// <param name="status">The node now.</param>
    /// <param name="wish">What the plan wishes of the guest; null where the plan does not name it.</param>
    /// <param name="fate">What has become of it here.</param>
    public static bool IsWrong(GuestStep step, NodeStatus status, GuestWish? wish, GuestFate fate) => step switch
    {
        GuestStep.Start or GuestStep.Resume => status.State != NodeState.Available || wish != GuestWish.Running,
        // Not at the moment at which the node becomes Available: then it is resumed as soon as it is loaded.
        GuestStep.Load => (status.State != NodeState.Available && !status.MayLoad) || wish != GuestWish.Running,
        GuestStep.Release => status.State != NodeState.Available,
        // Once the owner stays it is finished by the eviction, as fast as can be rather than paced.
        GuestStep.Checkpoint => status.State is NodeState.Available or NodeState.Evicting,
        // Frozen it cannot shut down any more.
        GuestStep.ShutDown => status.State != NodeState.Available || wish == GuestWish.Running,
        GuestStep.HandOver => wish is null or GuestWish.Gone || (wish is GuestWish.Running && fate != GuestFate.Relocating),
        _ => false,
    };
}
