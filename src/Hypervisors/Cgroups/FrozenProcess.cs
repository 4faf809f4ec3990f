namespace Opportunism.Hypervisors.Cgroups;

/// <summary>A guest's process as the freezer sees it.</summary>
/// <param name="pid">Its number.</param>
/// <param name="pidfd">Signals go through this, so that they never reach another process.</param>
internal sealed class FrozenProcess(int pid, int pidfd)
{
    public int PidFd => pidfd;

    /// <summary>Its CPU clock, see clock_getcpuclockid(3).</summary>
    public int CpuClock { get; } = (~pid << 3) | 2;

    /// <summary>The clock's last value; kept when the process has ended. Written by the deciding thread, read by the one that retires the
    /// process.</summary>
    public long LastCpuNanoseconds;
}
