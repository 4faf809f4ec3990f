using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Looks whether a guest that is held uses the CPU all the same, and freezes such a one by the kernel.</summary>
/// <remarks>
/// QEMU confirms a hold, but one that its guest has taken over confirms what it likes: seen with 85 % of a CPU while "Held".
/// Called every few seconds by one thread at a time while guests are in memory.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class HeldGuestWatch(QemuHost host)
{
    // A held QEMU uses 1 ms a second for its timers; saving device state, which takes 6 ms, is not looked at.
    private const long MostNanosecondsPerSecond = 50_000_000;

    private readonly Dictionary<QemuProcess, (long At, long Cpu)> before = [];

    /// <summary>Compares with the look before.</summary>
    /// <returns>The guests that were frozen now.</returns>
    public IReadOnlyList<QemuGuest> Look(IEnumerable<QemuGuest> guests)
    {
        var (frozen, seen) = (new List<QemuGuest>(), new HashSet<QemuProcess>());
        foreach (var guest in guests)
        {
            // One that is being saved works for us.
            if (guest.Process is not { MayRun: false } process || guest.FrozenAlone || guest.Busy.CurrentCount == 0) continue;
            if (guest.Status is not ({ Phase: Core.Guests.GuestPhase.Held } or { IsLoaded: true })) continue;
            if (CpuOf(process) is not { } cpu) continue;
            seen.Add(process);
            var now = host.Time.GetTimestamp();
            if (before.TryGetValue(process, out var last) && (cpu - last.Cpu) > MostNanosecondsPerSecond * host.Time.GetElapsedTime(last.At, now).TotalSeconds && Freeze(guest, process, cpu - last.Cpu)) frozen.Add(guest);
            before[process] = (now, cpu);
        }

        foreach (var gone in before.Keys.Where(process => !seen.Contains(process)).ToArray()) before.Remove(gone);
        return frozen;
    }

    private bool Freeze(QemuGuest guest, QemuProcess process, long used)
    {
        lock (host.GoingOn)
        {
            if (process.MayRun || guest.Process != process) return false;
            guest.FrozenAlone = host.Cgroups.FreezeChild(guest.Id, frozen: true);
        }

        var sentence = string.Create(CultureInfo.InvariantCulture, $"frozen by the kernel: its process used {used / 1_000_000} ms of CPU while it was ");
        guest.SetWhile(process, status => status with { Sentence = sentence + (status.IsLoaded ? "loaded" : "held") });
        return true;
    }

    private static unsafe long? CpuOf(QemuProcess process)
    {
        Libc.Timespec time;
        return Libc.ClockGetTime(process.Frozen.CpuClock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : null;
    }
}
