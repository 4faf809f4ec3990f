using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Availability;

/// <summary>How much memory guests will take as soon as this node lends again: those that are suspended here and are to run.</summary>
/// <param name="guests">The guests of this machine.</param>
/// <param name="plan">The controller's plan; until there is one, every suspended guest counts.</param>
internal sealed class UpcomingGuests(IMachineGuests guests, Level<NodePlan> plan)
{
    /// <summary>True while there are any, loaded ones included. The deciding thread only; allocates nothing.</summary>
    public bool Any()
    {
        var all = guests.Guests;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is { Phase: GuestPhase.Suspended, HasCheckpoint: true } && IsToRun(all[i].Id)) return true;
        }

        return false;
    }

    /// <summary>The memory in MiB that they will take beyond what they have taken already. The deciding thread only; allocates
    /// nothing.</summary>
    public double MiB()
    {
        var all = guests.Guests;
        double sum = 0;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is { Phase: GuestPhase.Suspended, HasCheckpoint: true, TakesMemory: false } && IsToRun(all[i].Id))
                sum += all[i].Spec.MemoryMiB;
        }

        return sum;
    }

    private bool IsToRun(GuestId id)
    {
        var wanted = plan.Current;
        if (wanted.Version == 0) return true;
        // The keeper ignores guests beyond a node's limit too.
        for (var i = 0; i < wanted.Guests.Count && i < NodeContract.MostGuests; i++)
        {
            if (wanted.Guests[i].GuestId == id.Value) return wanted.Guests[i].Wish == nameof(GuestWish.Running);
        }

        return false;
    }
}
