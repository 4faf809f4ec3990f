using Opportunism.Core;

namespace Opportunism.Hypervisors;

/// <summary>Guests that somebody else starts and gets off this machine; we only keep them still while the owner is there.</summary>
public interface IForeignGuests : IMachineGuests
{
    /// <summary>Says which guests their cloud has paused: these stay where they are, and only their cloud lets them go on. Any thread; ids that are not here do no harm.</summary>
    void LeavePaused(IReadOnlySet<GuestId> paused);

    /// <summary>Lets a guest that we hold run although the owner is there, at idle priority, so that it can shut itself down as its cloud is about to ask.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="within">For how long at most; after that the kernel keeps it still again, whatever has become of it. More than zero.</param>
    /// <param name="cancellationToken">Ends the wait; the guest may run all the same.</param>
    Task<GuestAnswer> LetLeaveAsync(GuestId id, TimeSpan within, CancellationToken cancellationToken);
}
