using Opportunism.Hypervisors;

namespace Opportunism.Agent.Availability;

/// <summary>Freezes every guest and checks that none runs, with a cruder brake where a gentler one fails.</summary>
/// <remarks>The deciding thread only. Nothing here allocates, locks, logs or throws.
/// 1. Freeze: one write to the kernel. 2. Read the guests' CPU clocks until these stop. 3. Past the deadline SIGSTOP each, then read.
/// 4. Past that deadline SIGKILL each, then read.</remarks>
internal sealed class GuestBrake(IGuestFreezer freezer, BrakeTimes times, TimeProvider time, Action<TimeSpan> pause)
{
    /// <summary>Freezes all guests; returns how, and how long it took.</summary>
    public BrakeResult FreezeAll()
    {
        var began = time.GetTimestamp();
        // Read first, or the CPU that guests use during the write would be missing; takes a few microseconds for eight guests.
        var cpuBefore = freezer.GuestCpuNanoseconds();
        var accepted = freezer.FreezeAll();                                         // 1
        var cpu = cpuBefore;
        if (accepted && StandStill(times.Freeze, out cpu)) return Result(Brake.Freeze, began, cpuBefore, cpu);   // 2
        if (freezer.SignalAll() && StandStill(times.Signal, out cpu)) return Result(Brake.Signal, began, cpuBefore, cpu);  // 3
        if (freezer.KillAll() && StandStill(times.Kill, out cpu)) return Result(Brake.Kill, began, cpuBefore, cpu);  // 4
        return Result(Brake.None, began, cpuBefore, cpu);
    }

    /// <summary>Thaws all guests; those that their hypervisor holds stay held. False when the kernel refused.</summary>
    public bool ThawAll()
    {
        freezer.SetPrompt(false);
        return freezer.ThawAll();
    }

    /// <summary>Whether processes of guests that leave or are killed get processor time beside the owner's programs to end, until the next
    /// thaw. Only while guests are frozen.</summary>
    public void LetGuestsEnd(bool soon) => freezer.SetPrompt(soon);

    private BrakeResult Result(Brake brake, long began, long cpuBefore, long cpuAfter) =>
        new(
            brake, stillSince > began ? time.GetElapsedTime(began, stillSince) : TimeSpan.Zero,
            TimeSpan.FromMicroseconds(Math.Max(0, cpuAfter - cpuBefore) / 1000d));

    private long stillSince;

    /// <summary>True as soon as two reads in a row find the same CPU time; false at the deadline.</summary>
    private bool StandStill(TimeSpan deadline, out long cpu)
    {
        var began = time.GetTimestamp();
        stillSince = began;
        cpu = freezer.GuestCpuNanoseconds();
        while (true)
        {
            pause(times.Look);
            var looked = time.GetTimestamp();
            var next = freezer.GuestCpuNanoseconds();
            if (next >= 0 && next == cpu) return true;
            cpu = next;
            stillSince = looked;
            if (time.GetElapsedTime(began, looked) >= deadline) return false;
        }
    }
}
