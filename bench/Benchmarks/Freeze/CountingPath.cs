using Opportunism.Agent.Availability;
using Opportunism.Hypervisors;

namespace Opportunism.Benchmarks.Freeze;

/// <summary>Stands on both ends of the deciding thread's way and counts what is
/// allocated in between: from its waking to the last look at the guests.</summary>
internal sealed class CountingPath(IWakeUp wakeUp, IGuestFreezer freezer, TimeProvider time) : IWakeUp, IGuestFreezer
{
    private long atWake;
    private int freezes;

    /// <summary>Bytes allocated on the last way from waking to standing guests.</summary>
    public long Allocated { get; private set; }

    /// <summary>When the last look at the guests was taken that found them still running, or the freeze itself.</summary>
    public long LastMovedAt { get; private set; }

    private long lastCpu;

    public void Wake() => wakeUp.Wake();

    /// <summary>Most bytes allocated by the deciding thread between two of its waits:
    /// the freeze, the conditions, and handing over what was decided.</summary>
    public long StepAllocated { get; private set; }

    public void Wait(TimeSpan? atMost)
    {
        // Not before guests were frozen twice: the runtime sets up what it has not run yet.
        if (freezes > 2) StepAllocated = Math.Max(StepAllocated, GC.GetAllocatedBytesForCurrentThread() - atWake);
        wakeUp.Wait(atMost);
        atWake = GC.GetAllocatedBytesForCurrentThread();
    }

    public bool FreezeAll()
    {
        var accepted = freezer.FreezeAll();
        freezes++;
        LastMovedAt = time.GetTimestamp();
        return accepted;
    }

    public bool ThawAll() => freezer.ThawAll();

    public bool SignalAll() => freezer.SignalAll();

    public bool KillAll() => freezer.KillAll();

    public void SetPrompt(bool isPrompt) => freezer.SetPrompt(isPrompt);

    public long GuestCpuNanoseconds()
    {
        var cpu = freezer.GuestCpuNanoseconds();
        if (cpu != lastCpu) LastMovedAt = time.GetTimestamp();
        lastCpu = cpu;
        Allocated = GC.GetAllocatedBytesForCurrentThread() - atWake;
        return cpu;
    }
}
