using Opportunism.Core;
using Opportunism.Core.Health;

namespace Opportunism.Hypervisors;

/// <summary>The guests of this machine, whichever program starts them: found, frozen, held and released, so that none is lost during an
/// owner's visit.</summary>
/// <remarks>
/// No member throws a driver's own exception: what can happen in a normal week is a <see cref="GuestAnswer"/>. Every member is
/// safe to repeat. An implementation is an <see cref="IHypervisor"/> where the agent starts the guests itself, else
/// <see cref="IForeignGuests"/>; only <see cref="Match"/> distinguishes the two.
/// </remarks>
public interface IMachineGuests : IAsyncDisposable
{
    /// <summary>Name in settings, reports and logs; never changes.</summary>
    string Name { get; }

    /// <summary>Calls the function for guests that the agent starts itself, or the one for guests that another program starts, with this
    /// object; returns its result. Called once, while the agent starts.</summary>
    T Match<T>(Func<IHypervisor, T> ownGuests, Func<IForeignGuests, T> foreignGuests);

    /// <summary>Freezes all guests from outside, without the hypervisor's help.</summary>
    IGuestFreezer Freezer { get; }

    /// <summary>Guests that take memory on this machine. Read by the deciding thread: never blocks, never allocates.</summary>
    int GuestsInMemory { get; }

    /// <summary>Those of them that their cloud has paused and that do not run: they need not leave. Read by the deciding thread: never
    /// blocks, never allocates.</summary>
    int PausedGuests => 0;

    /// <summary>Every guest that has anything on this machine, whatever its phase.</summary>
    IReadOnlyList<GuestStatus> Guests { get; }

    /// <summary>Problems at this moment, besides those that <see cref="ProbeAsync"/> found once. Any thread; never blocks.</summary>
    IReadOnlyList<HealthItem> Health => [];

    /// <summary>Why not every guest here can be frozen for the owner at once, so that the node is not lent; null when every one can. Read
    /// by the deciding thread: never blocks, never allocates.</summary>
    HealthItem? Unprotected => null;

    /// <summary>Called from any thread whenever <see cref="Guests"/> or <see cref="Health"/> has changed.</summary>
    event Action? GuestsChanged;

    /// <summary>Which accelerator and other features guests get here, and problems; called once, after
    /// <see cref="RecoverAsync"/>.</summary>
    Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Finds every existing guest, after freezing all, and manages it from then on. Called once, before anything else.</summary>
    /// <remarks>Afterwards no guest runs: each is frozen, Held, Suspended, Stopped or Failed, and each is in
    /// <see cref="Guests"/>.</remarks>
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>Pauses the vCPUs of every guest in memory through the hypervisor while all are frozen, then thaws the machine's guests as a
    /// whole.</summary>
    /// <remarks>A guest that cannot be held stays frozen by the kernel. Afterwards every guest is Held or frozen, and none uses vCPU
    /// time.</remarks>
    Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken);

    /// <summary>Releases a held guest. Dropped if a freeze or a hold has begun since the call.</summary>
    Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken);
}
