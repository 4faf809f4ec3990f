using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors;

/// <summary>Starts and runs guests on this machine and preserves them during an owner's visits.</summary>
/// <remarks>
/// One caller at a time per guest; requests about different guests may be made at the same time. No member throws a driver's own
/// exception: what can happen in a normal week is a <see cref="GuestAnswer"/>. Every member is safe to repeat.
/// A cancelled call leaves the guest in the state before or in the requested state, never in between.
/// </remarks>
public interface IHypervisor : IMachineGuests
{
    /// <summary>Boots a guest, creating its disk from <paramref name="imagePath"/> unless it has one already. One that could not start
    /// leaves no process behind.</summary>
    Task<GuestAnswer> StartAsync(GuestSpec spec, string imagePath, CancellationToken cancellationToken);

    /// <summary>Gives a guest that never ran here a disk that was fetched from elsewhere: a qcow2 file without backing file that is moved,
    /// not copied.</summary>
    Task<GuestAnswer> AdoptDiskAsync(GuestSpec spec, string imagePath, string diskPath, CancellationToken cancellationToken);

    /// <summary>Makes the checkpoint of a held guest complete on disk: device state, memory, disk. Cancelled, it leaves no
    /// checkpoint.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="bytesPerSecond">Pace of the copy, so that the owner is not disturbed; null for as fast as possible.</param>
    /// <param name="cancellationToken">Cancelled when the guest may be released instead.</param>
    Task<GuestAnswer> CheckpointAsync(GuestId id, long? bytesPerSecond, CancellationToken cancellationToken);

    /// <summary>Gives the memory of a held guest back, keeping its checkpoint; creates one first if there is none.</summary>
    Task<GuestAnswer> SuspendAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Brings a suspended guest into memory, where it is held: Suspended as before, and
    /// <see cref="GuestStatus.IsLoaded"/>.</summary>
    /// <remarks>Called in the last seconds before the node lends; thaws the machine's guests as a whole while none of them may run.
    /// Its checkpoint stays complete. Cancelled or failed, the guest is as before.</remarks>
    Task<GuestAnswer> LoadAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Gives the memory of a loaded guest back at once; it is Suspended as before it was loaded.</summary>
    Task<GuestAnswer> UnloadAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Lets a suspended guest run where it was, brought back into memory first unless it is loaded.</summary>
    Task<GuestAnswer> ResumeAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Asks a running guest to shut down and ends it if it has not done so within <paramref name="patience"/>. Keeps the disk;
    /// deletes a checkpoint.</summary>
    Task<GuestAnswer> StopAsync(GuestId id, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Holds a running guest whose disk grows when no room is left for it; released like any held guest. The guest becomes
    /// <see cref="GuestStatus.WaitsForRoom"/>.</summary>
    Task<GuestAnswer> HoldForRoomAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Space that a guest's disk takes on this machine, in bytes; 0 if it has none. Called every few seconds while guests run;
    /// reads only the file system.</summary>
    long DiskBytes(GuestId id);

    /// <summary>Writes the disk of a guest that is not in memory to one self-contained qcow2 file, unless that would use the
    /// reserve.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="toPath">The file.</param>
    /// <param name="bytesPerSecond">Pace of the copy, so that the owner is not disturbed; null for as fast as possible.</param>
    /// <param name="cancellationToken">Leaves no file.</param>
    Task<GuestAnswer> ExportDiskAsync(GuestId id, string toPath, long? bytesPerSecond, CancellationToken cancellationToken);

    /// <summary>Ends a guest and removes everything of it from this machine.</summary>
    Task<GuestAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Reads console output from <paramref name="offset"/> on, counted from the guest's first boot here; starts at the oldest byte
    /// kept.</summary>
    ConsoleSlice ReadConsole(GuestId id, long offset, int atMost);
}
