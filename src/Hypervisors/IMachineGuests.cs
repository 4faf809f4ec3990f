using Opportunism.Core;
using Opportunism.Core.Health;

namespace Opportunism.Hypervisors;

/// <summary>The guests of this machine, whoever starts them: found, frozen, held and released, so that an owner's visit costs none of them anything.</summary>
/// <remarks>
/// No member lets a driver's own exception out: what can happen in a normal week is a <see cref="GuestAnswer"/>. Every member is
/// safe to repeat. Where the agent starts the guests itself it is an <see cref="IHypervisor"/> too.
/// </remarks>
public interface IMachineGuests : IAsyncDisposable
{
    /// <summary>Name in settings, reports and logs; never changes.</summary>
    string Name { get; }

    /// <summary>Stops all guests from outside, without the hypervisor's help.</summary>
    IGuestFreezer Freezer { get; }

    /// <summary>Guests that take memory on this machine. Read by the deciding thread: never blocks, never allocates.</summary>
    int GuestsInMemory { get; }

    /// <summary>Those of them that their cloud has paused and that stand still: they need not leave. Read by the deciding thread: never blocks, never allocates.</summary>
    int PausedGuests => 0;

    /// <summary>Every guest that has anything on this machine, whatever its phase.</summary>
    IReadOnlyList<GuestStatus> Guests { get; }

    /// <summary>What is not as it should be at this moment, beyond what <see cref="ProbeAsync"/> found once. Any thread; never blocks.</summary>
    IReadOnlyList<HealthItem> Health => [];

    /// <summary>Why not every guest here can be stopped for the owner at once, so that the node is not lent; null when every one can. Read by the deciding thread: never blocks, never allocates.</summary>
    HealthItem? Unprotected => null;

    /// <summary>Called from any thread whenever <see cref="Guests"/> or <see cref="Health"/> has changed.</summary>
    event Action? GuestsChanged;

    /// <summary>Which accelerator and what else guests get here, and what stands in the way; called once, after <see cref="RecoverAsync"/>.</summary>
    Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Finds every guest that is here already, frozen first, and takes it up. Called once, before anything else.</summary>
    /// <remarks>Afterwards no guest runs: each is frozen, Held, Suspended, Stopped or Failed, and each is in <see cref="Guests"/>.</remarks>
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>Stops the vCPUs of every guest in memory inside the hypervisor while all are frozen, then thaws the machine's guests as a whole.</summary>
    /// <remarks>A guest that cannot be held stays frozen by the kernel. Afterwards every guest is Held or frozen, and none uses vCPU time.</remarks>
    Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken);

    /// <summary>Lets a held guest go on. Dropped if a freeze or a hold has begun meanwhile.</summary>
    Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken);
}
