using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Keeps the reserve on the disk free of guests: finds which running guests grow into it, and when one that waits for room may run
/// again. For one thread.</summary>
/// <remarks>
/// Checked every few seconds, while guests run or wait. When less than <see cref="GuestOptions.KeepFreeMiB"/> is left, each guest whose
/// disk has grown since the check before is held, as QEMU itself pauses one whose write finds no room. Both run again once the reserve and
/// a margin are free, so that a guest that continues to write is not held and released again and again.
/// </remarks>
internal sealed class GuestRoom(IHypervisor hypervisor, GuestOptions options, TimeProvider time)
{
    /// <summary>How often it is checked: a guest that writes 100 MB/s takes 300 MB of the reserve at most.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private const long MiB = 1024 * 1024;

    // A guest that runs again may write until the next check; an eighth of the reserve of 2 GiB is that much.
    private const int MarginPart = 8;
    private const long LeastMarginMiB = 8;

    private readonly Dictionary<GuestId, long> sizes = [];
    private readonly Dictionary<GuestId, long> waiting = [];
    private readonly HashSet<GuestId> growing = [];
    private long? lookedAt;
    private long freeMiB = long.MaxValue;

    /// <summary>Checks the disk if that is due.</summary>
    /// <returns>When to check again although nothing has changed; null while no guest runs or waits for room.</returns>
    public TimeSpan? Look()
    {
        var guests = hypervisor.Guests;
        if (!guests.Any(guest => guest.Phase == GuestPhase.Running || guest.WaitsForRoom))
        {
            (lookedAt, freeMiB) = (null, long.MaxValue);
            sizes.Clear();
            growing.Clear();
            waiting.Clear();
            return null;
        }

        if (lookedAt is { } before && LookEvery - time.GetElapsedTime(before) is var wait && wait > TimeSpan.Zero) return wait;
        lookedAt = time.GetTimestamp();
        freeMiB = new DriveInfo(options.StateFolder).AvailableFreeSpace / MiB;
        growing.Clear();
        foreach (var guest in guests.Where(guest => guest.Phase == GuestPhase.Running))
        {
            var bytes = hypervisor.DiskBytes(guest.Id);
            if (sizes.TryGetValue(guest.Id, out var known) && bytes > known) growing.Add(guest.Id);
            sizes[guest.Id] = bytes;
        }

        foreach (var gone in sizes.Keys.Except(guests.Select(guest => guest.Id)).ToArray()) sizes.Remove(gone);
        return LookEvery;
    }

    /// <summary>Whether a guest uses disk that is kept free, and must be held.</summary>
    public bool EatsReserve(GuestId id) => freeMiB < options.KeepFreeMiB && growing.Contains(id);

    /// <summary>Whether a guest that waits for room must wait longer.</summary>
    public bool LacksRoom(GuestStatus guest)
    {
        if (!guest.WaitsForRoom)
        {
            waiting.Remove(guest.Id);
            return false;
        }

        // At least until the next check, and counted again from each attempt: a guest whose write fails for another reason than room,
        // perhaps before it was seen running, is retried only that often.
        var now = time.GetTimestamp();
        if (waiting.TryAdd(guest.Id, now) || time.GetElapsedTime(waiting[guest.Id], now) < LookEvery) return true;
        if (freeMiB < options.KeepFreeMiB + Math.Max(LeastMarginMiB, options.KeepFreeMiB / MarginPart)) return true;
        waiting[guest.Id] = now;
        return false;
    }

    /// <summary>Its health items.</summary>
    public IEnumerable<HealthItem> Health() => hypervisor.Guests.Where(guest => guest.WaitsForRoom).Select(guest => new HealthItem(
        "guests.no-room", HealthSeverity.Error,
        $"Guest {guest.Id} is held: {options.StateFolder} has no room for what it writes beside the {options.KeepFreeMiB} MiB that are "
            + "kept free ([Guests] KeepFreeMiB).",
        $"Make room on the disk of {options.StateFolder}; the guest is released a few seconds later."));
}
