using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Checks whether a held guest uses the CPU or writes files nevertheless, and has the kernel freeze such a guest.</summary>
/// <remarks>
/// QEMU confirms a hold, but one that its guest has taken over may confirm falsely: seen with 85 % of a CPU while "Held".
/// Called every few seconds by one thread at a time while guests are in memory.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class HeldGuestWatch(QemuHost host)
{
    // A held QEMU uses 1 ms a second for its timers; to save its device state it needs 6 ms, once.
    private const long MostNanosecondsPerSecond = 50_000_000;

    // A held QEMU writes only its device state; a larger one is rejected.
    private const long MostWrittenBytes = GuestCheckpoints.MostStateBytes;

    private readonly Dictionary<QemuProcess, Reading> before = [];

    /// <summary>Compares with the check before.</summary>
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
            var now = new Reading(process.Runs, host.Time.GetTimestamp(), cpu, process.Process.WrittenBytes());
            // The first check in this hold: what it used and wrote before was allowed.
            if (!before.TryGetValue(process, out var last) || last.Runs != now.Runs) last = now;
            if (WhatItDid(last, now) is { } did && Freeze(guest, process, did)) frozen.Add(guest);
            // CPU since the check before, but writes since the first: a slow writer fills a disk too.
            before[process] = now with { Written = last.Written };
        }

        foreach (var gone in before.Keys.Where(process => !seen.Contains(process)).ToArray()) before.Remove(gone);
        return frozen;
    }

    private string? WhatItDid(in Reading last, in Reading now)
    {
        var (used, written) = (now.Cpu - last.Cpu, now.Written - last.Written);
        if (used > MostNanosecondsPerSecond * host.Time.GetElapsedTime(last.At, now.At).TotalSeconds)
            return string.Create(CultureInfo.InvariantCulture, $"used {used / 1_000_000} ms of CPU");
        return written > MostWrittenBytes ? string.Create(CultureInfo.InvariantCulture, $"wrote {written >> 20} MiB to disk") : null;
    }

    private bool Freeze(QemuGuest guest, QemuProcess process, string did)
    {
        lock (host.RunLock)
        {
            if (process.MayRun || guest.Process != process) return false;
            guest.FrozenAlone = host.Cgroups.FreezeChild(guest.Id, frozen: true);
        }

        var sentence = $"frozen by the kernel: its process {did} while it was ";
        guest.SetWhile(process, status => status with { Sentence = sentence + (status.IsLoaded ? "loaded" : "held") });
        return true;
    }

    /// <summary>Readings of a held process.</summary>
    /// <param name="Runs">How often its guest had been started or released.</param>
    /// <param name="At">Time stamp.</param>
    /// <param name="Cpu">CPU time that it had used, in nanoseconds.</param>
    /// <param name="Written">Bytes that it had written to disks.</param>
    private readonly record struct Reading(int Runs, long At, long Cpu, long Written);

    private static unsafe long? CpuOf(QemuProcess process)
    {
        Libc.Timespec time;
        return Libc.ClockGetTime(process.Frozen.CpuClock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : null;
    }
}
