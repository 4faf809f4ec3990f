using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>Freezes all guests by one write to an already open file of the kernel.</summary>
/// <remarks>
/// The deciding thread calls it; <see cref="Publish"/> comes from the hypervisor. They share one reference to an immutable
/// snapshot, so neither ever waits. <c>cgroup.events</c> is not used: with KVM it may never show "frozen" although all are halted.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class CgroupFreezer : IGuestFreezer, IDisposable
{
    private readonly int freeze;
    private readonly int kill;
    private readonly int stat;
    private readonly byte[] statText = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly CpuRank? rank;
    private Snapshot guests = new([], 0);
    private bool signalled;

    /// <param name="parent">Folder of the cgroup that holds all guests.</param>
    /// <param name="rank">The guests' CPU rank; null where it is not to be changed.</param>
    /// <exception cref="IOException">The freezer file cannot be opened.</exception>
    public CgroupFreezer(string parent, CpuRank? rank = null)
    {
        this.rank = rank;
        freeze = Libc.Open(Path.Combine(parent, "cgroup.freeze"), Libc.WriteOnly | Libc.CloseOnExec, 0);
        if (freeze < 0) throw FileFailure.OfLastCall("open", Path.Combine(parent, "cgroup.freeze"));
        // Missing before Linux 5.14: then each process is killed separately.
        kill = Libc.Open(Path.Combine(parent, "cgroup.kill"), Libc.WriteOnly | Libc.CloseOnExec, 0);
        stat = Libc.Open(Path.Combine(parent, "cpu.stat"), Libc.ReadOnly | Libc.CloseOnExec, 0);
    }

    public bool FreezeAll() => WriteDigit(freeze, (byte)'1');

    public bool ThawAll()
    {
        // Signals first: a process that got SIGSTOP and is frozen runs only when both are undone.
        if (Volatile.Read(ref signalled))
        {
            Volatile.Write(ref signalled, false);
            SignalEach(Libc.SigCont);
        }

        return WriteDigit(freeze, (byte)'0');
    }

    public bool SignalAll()
    {
        Volatile.Write(ref signalled, true);
        return SignalEach(Libc.SigStop);
    }

    /// <summary>Notes that an earlier agent may have sent SIGSTOP to processes, so that the next thaw sends SIGCONT.</summary>
    public void NoteSignalled() => Volatile.Write(ref signalled, true);

    public bool KillAll()
    {
        // Both: cgroup.kill also reaches a process that has only just joined, a signal also one that the cgroup does not list.
        var whole = kill >= 0 && WriteDigit(kill, (byte)'1');
        return SignalEach(Libc.SigKill) || whole;
    }

    public void SetPrompt(bool isPrompt) => rank?.SetPrompt(isPrompt);

    public long GuestCpuNanoseconds()
    {
        var now = Volatile.Read(ref guests);
        var sum = now.EndedCpuNanoseconds;
        foreach (var process in now.Processes)
        {
            Libc.Timespec time;
            if (Libc.ClockGetTime(process.CpuClock, &time) == 0)
                process.LastCpuNanoseconds = (time.Seconds * 1_000_000_000) + time.Nanoseconds;
            else if (process.LastCpuNanoseconds == 0) return UsageFromCgroup();
            sum += process.LastCpuNanoseconds;
        }

        return sum;
    }

    /// <summary>Replaces the freezer's list of processes; from any thread, one at a time.</summary>
    public void Publish(FrozenProcess[] processes)
    {
        var before = Volatile.Read(ref guests);
        var ended = before.EndedCpuNanoseconds;
        foreach (var process in before.Processes)
        {
            if (Array.IndexOf(processes, process) < 0) ended += Volatile.Read(ref process.LastCpuNanoseconds);
        }

        Volatile.Write(ref guests, new Snapshot(processes, ended));
    }

    public void Dispose()
    {
        _ = Libc.Close(freeze);
        if (kill >= 0) _ = Libc.Close(kill);
        if (stat >= 0) _ = Libc.Close(stat);
    }

    private bool SignalEach(int signal)
    {
        var all = true;
        foreach (var process in Volatile.Read(ref guests).Processes)
            all &= Libc.SignalProcess(process.PidFd, signal) == 0 || Marshal.GetLastPInvokeError() == Libc.ErrorNoSuchProcess;
        return all;
    }

    // "usage_usec N" is the first line of cpu.stat.
    private long UsageFromCgroup()
    {
        if (stat < 0) return -1;
        nint length;
        fixed (byte* start = statText) length = Libc.Pread(stat, start, (nuint)statText.Length, 0);
        long microseconds = 0;
        var digits = false;
        for (var i = 0; i < length && statText[i] != '\n'; i++)
        {
            if (statText[i] is < (byte)'0' or > (byte)'9') continue;
            microseconds = (microseconds * 10) + (statText[i] - '0');
            digits = true;
        }

        return digits ? microseconds * 1000 : -1;
    }

    private static bool WriteDigit(int fd, byte digit) => Libc.Pwrite(fd, &digit, 1, 0) == 1;

    private sealed record Snapshot(FrozenProcess[] Processes, long EndedCpuNanoseconds);
}
