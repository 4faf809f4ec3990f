using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors;

/// <summary>Runs guests on this machine and carries them through an owner's visits without losing any.</summary>
/// <remarks>
/// One caller at a time per guest; different guests may be asked for at the same time. No member lets a driver's own
/// exception out: what can happen in a normal week is a <see cref="GuestAnswer"/>. Every member is safe to repeat.
/// A cancelled call leaves the guest as it was or as it was asked to be, never in between.
/// </remarks>
public interface IHypervisor : IAsyncDisposable
{
    /// <summary>Name in settings, reports and logs; never changes.</summary>
    string Name { get; }

    /// <summary>Stops all guests from outside, without this hypervisor's help.</summary>
    IGuestFreezer Freezer { get; }

    /// <summary>Guests that take memory on this machine. Read by the deciding thread: never blocks, never allocates.</summary>
    int GuestsInMemory { get; }

    /// <summary>Every guest that has anything on this machine, whatever its phase.</summary>
    IReadOnlyList<GuestStatus> Guests { get; }

    /// <summary>Called from any thread whenever <see cref="Guests"/> has changed.</summary>
    event Action? GuestsChanged;

    /// <summary>Which accelerator and what else guests get here, and what stands in the way; called once before guests are started.</summary>
    Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Finds every guest that an earlier run of the agent left behind, frozen first, and takes it up again. Called once, before anything else.</summary>
    /// <remarks>Afterwards no guest runs: each is frozen, Held, Suspended, Stopped or Failed, and each is in <see cref="Guests"/>.</remarks>
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>Boots a guest, making its disk from <paramref name="imagePath"/> unless it has one already. One that could not start leaves no process behind.</summary>
    Task<GuestAnswer> StartAsync(GuestSpec spec, string imagePath, CancellationToken cancellationToken);

    /// <summary>Gives a guest that never ran here a disk that was fetched from elsewhere: a qcow2 file without backing file that is moved, not copied.</summary>
    Task<GuestAnswer> AdoptDiskAsync(GuestSpec spec, string imagePath, string diskPath, CancellationToken cancellationToken);

    /// <summary>Stops the vCPUs of every guest in memory inside the hypervisor while all are frozen, then thaws the machine's guests as a whole.</summary>
    /// <remarks>A guest that cannot be held stays frozen by the kernel. Afterwards every guest is Held or frozen, and none uses vCPU time.</remarks>
    Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken);

    /// <summary>Makes the checkpoint of a held guest complete on disk: device state, memory, disk. Cancelled, it leaves no checkpoint.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="bytesPerSecond">Pace of the copy, so that the owner does not feel it; null for as fast as can be.</param>
    /// <param name="cancellationToken">Cancelled when the guest may go on after all.</param>
    Task<GuestAnswer> CheckpointAsync(GuestId id, long? bytesPerSecond, CancellationToken cancellationToken);

    /// <summary>Lets a held guest go on: its checkpoint is deleted for good first, its clock is set afterwards.</summary>
    Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Gives the memory of a held guest back, keeping its checkpoint; makes one first where there is none.</summary>
    Task<GuestAnswer> SuspendAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Brings a suspended guest back into memory and lets it go on where it was.</summary>
    Task<GuestAnswer> ResumeAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Asks a running guest to shut down and ends it when it has not within <paramref name="patience"/>. Keeps the disk; drops a checkpoint.</summary>
    Task<GuestAnswer> StopAsync(GuestId id, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Writes the disk of a guest that is not in memory to one self-contained qcow2 file.</summary>
    Task<GuestAnswer> ExportDiskAsync(GuestId id, string toPath, CancellationToken cancellationToken);

    /// <summary>Ends a guest and removes everything of it from this machine.</summary>
    Task<GuestAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Reads console output from <paramref name="offset"/> on, counted from the guest's first boot here; starts at the oldest byte kept.</summary>
    ConsoleSlice ReadConsole(GuestId id, long offset, int atMost);
}
