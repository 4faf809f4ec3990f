using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Fake;

/// <summary>The machine behind a fake hypervisor: what outlives a restart of the agent.</summary>
/// <param name="time">Its clock.</param>
public sealed class FakeMachine(TimeProvider time) : IGuestFreezer
{
    private long last = time.GetTimestamp();
    private TimeSpan endedUse;

    /// <summary>Its faults.</summary>
    public FakeFaults Faults { get; } = new();

    /// <summary>How often it was frozen.</summary>
    public int Freezes { get; private set; }

    /// <summary>Called after every change that comes from outside the hypervisor.</summary>
    internal Action? Changed { get; set; }

    internal Lock Gate { get; } = new();

    internal Dictionary<GuestId, FakeGuest> Guests { get; } = [];

    /// <summary>Grows with every hold: a request from before the latest hold no longer lets a guest run.</summary>
    internal long Holds { get; set; }

    /// <summary>True from a freeze until the next thaw.</summary>
    public bool Frozen { get; private set; }

    /// <summary>True while guests' processes have the rank of any other program.</summary>
    public bool Prompt { get; private set; }

    private bool Signalled { get; set; }

    /// <inheritdoc/>
    public bool FreezeAll()
    {
        lock (Gate)
        {
            PassLocked();
            Freezes++;
            if (!Faults.FreezeLies && !Faults.FreezeFails) Frozen = true;
            return !Faults.FreezeFails;
        }
    }

    /// <inheritdoc/>
    public bool ThawAll()
    {
        lock (Gate)
        {
            PassLocked();
            Frozen = Signalled = false;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool SignalAll()
    {
        lock (Gate)
        {
            PassLocked();
            Signalled = true;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool KillAll()
    {
        foreach (var id in Guests.Keys.ToArray()) Crash(id);
        return true;
    }

    /// <inheritdoc/>
    public void SetPrompt(bool isPrompt) => Prompt = isPrompt;

    /// <inheritdoc/>
    public long GuestCpuNanoseconds()
    {
        lock (Gate)
        {
            PassLocked();
            return (long)(endedUse + Guests.Values.Aggregate(TimeSpan.Zero, (sum, guest) => sum + guest.Used)).TotalNanoseconds;
        }
    }

    /// <summary>A guest's hypervisor process dies.</summary>
    public void Crash(GuestId id)
    {
        lock (Gate)
        {
            PassLocked();
            if (!Guests.TryGetValue(id, out var guest) || !guest.Status.TakesMemory) return;
            guest.Status = guest.Status.HasCheckpoint
                ? guest.Status with
                {
                    Phase = GuestPhase.Suspended,
                    IsLoaded = false,
                    Sentence = "the hypervisor ended while the guest was held",
                }
                : guest.Status with { Phase = GuestPhase.Stopped, Sentence = "the hypervisor ended unexpectedly" };
        }

        Changed?.Invoke();
    }

    /// <summary>A guest shuts itself down.</summary>
    public void ShutDownFromInside(GuestId id)
    {
        lock (Gate)
        {
            PassLocked();
            if (!Guests.TryGetValue(id, out var guest) || guest.Status.Phase != GuestPhase.Running) return;
            guest.Status = guest.Status with { Phase = GuestPhase.Stopped, Sentence = "it shut itself down", ShutItselfDown = true };
        }

        Changed?.Invoke();
    }

    /// <summary>A guest writes to its disk; on a full one it is paused by its hypervisor.</summary>
    public void WriteDisk(GuestId id, long bytes, bool isFull = false)
    {
        lock (Gate)
        {
            PassLocked();
            if (!Guests.TryGetValue(id, out var guest) || guest.Status.Phase != GuestPhase.Running) return;
            if (isFull) guest.Status = guest.Status with { Phase = GuestPhase.Held, WaitsForRoom = true };
            else guest.DiskBytes += bytes;
        }

        Changed?.Invoke();
    }

    /// <summary>Advances every running guest to the current time.</summary>
    internal void PassLocked()
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(last, now);
        last = now;
        if (Frozen || Signalled) return;
        foreach (var guest in Guests.Values.Where(guest => guest.Status.Phase == GuestPhase.Running)) guest.Run(elapsed);
    }

    internal void RemoveLocked(GuestId id)
    {
        if (Guests.Remove(id, out var guest)) endedUse += guest.Used;
    }
}
