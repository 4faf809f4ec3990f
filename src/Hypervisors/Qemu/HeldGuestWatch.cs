using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Looks whether a guest that is held uses the CPU or writes files all the same, and freezes such a one by the kernel.</summary>
/// <remarks>
/// QEMU confirms a hold, but one that its guest has taken over confirms what it likes: seen with 85 % of a CPU while "Held".
/// Called every few seconds by one thread at a time while guests are in memory.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class HeldGuestWatch(QemuHost host)
{
    // A held QEMU uses 1 ms a second for its timers; to save its device state it needs 6 ms, once.
    private const long MostNanosecondsPerSecond = 50_000_000;

    // A held QEMU writes nothing but its device state, of which more is refused.
    private const long MostWrittenBytes = GuestCheckpoints.MostStateBytes;

    private readonly Dictionary<QemuProcess, (long At, long Cpu, long Written)> before = [];

    /// <summary>Compares with the look before.</summary>
    /// <returns>The guests that were frozen now.</returns>
    public IReadOnlyList<QemuGuest> Look(IEnumerable<QemuGuest> guests)
    {
        var (frozen, seen) = (new List<QemuGuest>(), new HashSet<QemuProcess>());
        foreach (var guest in guests)
        {
            if (guest.Process is not { MayRun: false } process || guest.FrozenAlone) continue;
            if (guest.Status is not ({ Phase: Core.Guests.GuestPhase.Held } or { IsLoaded: true })) continue;
            if (CpuOf(process) is not { } cpu) continue;
            seen.Add(process);
            var (now, written) = (host.Time.GetTimestamp(), process.Process.WrittenBytes());
            if (before.TryGetValue(process, out var last) && WhatItDid(last, (now, cpu, written)) is { } did && Freeze(guest, process, did)) frozen.Add(guest);
            // CPU since the look before, writing since it has been held: what is slow fills a disk too.
            before[process] = (now, cpu, last.At == 0 ? written : last.Written);
        }

        foreach (var gone in before.Keys.Where(process => !seen.Contains(process)).ToArray()) before.Remove(gone);
        return frozen;
    }

    private string? WhatItDid((long At, long Cpu, long Written) last, (long At, long Cpu, long Written) now)
    {
        var (used, written) = (now.Cpu - last.Cpu, now.Written - last.Written);
        if (used > MostNanosecondsPerSecond * host.Time.GetElapsedTime(last.At, now.At).TotalSeconds) return string.Create(CultureInfo.InvariantCulture, $"used {used / 1_000_000} ms of CPU");
        return written > MostWrittenBytes ? string.Create(CultureInfo.InvariantCulture, $"wrote {written >> 20} MiB to disk") : null;
    }

    private bool Freeze(QemuGuest guest, QemuProcess process, string did)
    {
        lock (host.GoingOn)
        {
            if (process.MayRun || guest.Process != process) return false;
            guest.FrozenAlone = host.Cgroups.FreezeChild(guest.Id, frozen: true);
        }

        var sentence = $"frozen by the kernel: its process {did} while it was ";
        guest.SetWhile(process, status => status with { Sentence = sentence + (status.IsLoaded ? "loaded" : "held") });
        return true;
    }

    private static unsafe long? CpuOf(QemuProcess process)
    {
        Libc.Timespec time;
        return Libc.ClockGetTime(process.Frozen.CpuClock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : null;
    }
}
