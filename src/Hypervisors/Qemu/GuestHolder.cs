using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Turns guests that the kernel has frozen into guests that QEMU holds, without one of them running in between.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestHolder(QemuHost host)
{
    /// <summary>QEMU confirms in 1.3 ms, 10 at worst; others wait this long for one that hangs, so it is not more than a hundred times
    /// that.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);

    // For a second request to one guest alone, for which no other waits: long enough for a machine that swaps.
    private static readonly TimeSpan TimeLimitAlone = TimeSpan.FromSeconds(5);

    /// <remarks>
    /// 1. From here on no earlier request may let a guest run.
    /// 2. <c>stop</c> is written into the socket of each QEMU: the kernel keeps it while the process is frozen.
    /// 3. A guest whose socket does not accept it is frozen in its own cgroup.
    /// 4. The cgroup of all, with an ordinary CPU rank for this time, is thawed: the first thing each QEMU reads is <c>stop</c> (guest CPU
    ///    used: 0.25 ms).
    /// 5. A QEMU that does not reply in time is frozen in its own cgroup.
    /// One that is only just starting has its vCPUs paused from the beginning and needs nothing.
    /// </remarks>
    public async Task<GuestAnswer> HoldAllAsync(IReadOnlyList<QemuGuest> guests, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var prompt = host.Cgroups.RaiseCpuRank();
        var began = host.Time.GetTimestamp();
        var asked = new List<(QemuGuest Guest, QemuProcess Process, Task<JsonElement>? Answer)>();
        lock (host.RunLock)
        {
            host.BeginHoldLocked();
            foreach (var guest in guests)
            {
                if (guest.Process is not { Qmp: not null } process) continue;
                process.MayRun = false;
                var answer = TryQueueStop(process);
                Alone(guest, answer is null);
                asked.Add((guest, process, answer));
            }

            host.Freezer.ThawAll();
        }

        var alone =
            await Task.WhenAll(asked.Select(item => AwaitAsync(item.Guest, item.Process, item.Answer, began, patience, cancellationToken)));
        var failed = alone.Count(stands => stands);
        return failed == 0
            ? new GuestAnswer(asked.Count == 0 ? GuestOutcome.AlreadySo : GuestOutcome.Done)
            : new GuestAnswer(GuestOutcome.TryLater, $"{failed} of {asked.Count} guests could not be held and stay frozen by the kernel.");
    }

    /// <summary>Thaws the guests as a whole so that one of them can be loaded, unless one may run: then nothing is changed.</summary>
    /// <remarks>This lets no guest run: each that ever ran has <c>stop</c> in its socket or is frozen in its own cgroup, and what was
    /// requested earlier is dropped, as by a hold. Processes that got SIGSTOP read <c>stop</c> first too.</remarks>
    public void ThawToLoad(IReadOnlyList<QemuGuest> guests)
    {
        lock (host.RunLock)
        {
            if (guests.Any(guest => guest.Process is { MayRun: true })) return;
            host.BeginHoldLocked();
            host.Freezer.ThawAll();
        }
    }

    /// <summary>Requests the hold again from a QEMU that had not replied in time and whose guest is frozen since; saving needs its
    /// reply.</summary>
    /// <returns>False when the guest stays frozen by the kernel.</returns>
    public async Task<bool> HoldAgainAsync(QemuGuest guest, QemuProcess process)
    {
        using var prompt = host.Cgroups.RaiseCpuRank();
        if (process.Qmp is null || TryQueueStop(process) is not { } answer) return false;
        lock (host.RunLock) Alone(guest, frozen: false);
        // Must not be cancelled: until it has replied or is frozen again, it might run.
        if (await AwaitAsync(guest, process, answer, host.Time.GetTimestamp(), TimeLimitAlone, CancellationToken.None)) return false;
        try
        {
            // In any other state it cannot be saved.
            var status = await process.Qmp.ExecuteAsync("query-status", TimeLimit, CancellationToken.None);
            // The last two: its device state was requested, by this agent or an earlier one.
            if (QmpLine.TextOf(status, "status"u8) is "paused" or "io-error" or "finish-migrate" or "postmigrate") return true;
        }
        catch (QmpException)
        {
            // The same as an invalid reply.
        }

        lock (host.RunLock) Alone(guest, frozen: true);
        return false;
    }

    private async Task<bool> AwaitAsync(
        QemuGuest guest, QemuProcess process, Task<JsonElement>? answer, long began, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            if (answer is not null)
            {
                await answer.WaitAsync(patience, host.Time, cancellationToken);
                var took = host.Time.GetElapsedTime(began);
                guest.SetWhile(process, status => status.Phase is GuestPhase.Running or GuestPhase.Held
                    ? status with
                    {
                        Phase = GuestPhase.Held,
                        Sentence = "",
                        LastHold = status.Phase == GuestPhase.Held ? status.LastHold : took,
                    }
                    : status);
                return false;
            }
        }
        catch (Exception exception) when (exception is TimeoutException or QmpException)
        {
            // It does not obey, so the kernel must freeze it.
            lock (host.RunLock) Alone(guest, frozen: true);
        }

        guest.SetWhile(process, status => status.Phase is GuestPhase.Running or GuestPhase.Held
            ? status with { Phase = GuestPhase.Held, Sentence = "frozen by the kernel, since QEMU does not reply" }
            : status);
        return true;
    }

    private void Alone(QemuGuest guest, bool frozen)
    {
        if (guest.FrozenAlone == frozen) return;
        host.Cgroups.FreezeChild(guest.Id, frozen);
        guest.FrozenAlone = frozen;
    }

    private static Task<JsonElement>? TryQueueStop(QemuProcess process)
    {
        try
        {
            return process.Qmp!.Queue("stop");
        }
        catch (QmpException)
        {
            return null; // the caller freezes it instead
        }
    }
}
