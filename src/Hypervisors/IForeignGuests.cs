using Opportunism.Core;

namespace Opportunism.Hypervisors;

/// <summary>Guests that another program starts and gets off this machine; the agent only freezes and holds them while the owner is
/// there.</summary>
public interface IForeignGuests : IMachineGuests
{
    /// <summary>Sets which guests their cloud has paused: these stay in memory, and only their cloud resumes them. Any thread; unknown ids
    /// are ignored.</summary>
    void LeavePaused(IReadOnlySet<GuestId> paused);

    /// <summary>Lets a guest that the agent holds run although the owner is there, at idle priority, so that it can shut itself down when
    /// its cloud asks it to.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="within">For how long at most; after that the kernel freezes it again, whatever its state. More than zero.</param>
    /// <param name="cancellationToken">Ends the wait; the guest may run nevertheless.</param>
    Task<GuestAnswer> LetLeaveAsync(GuestId id, TimeSpan within, CancellationToken cancellationToken);
}
