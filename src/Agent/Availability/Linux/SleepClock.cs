using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>How long this machine has been asleep (suspended to RAM or disk) since it started.</summary>
/// <remarks>CLOCK_BOOTTIME counts the time asleep and CLOCK_MONOTONIC does not (man 2 clock_gettime).</remarks>
[SupportedOSPlatform("linux")]
internal static class SleepClock
{
    private const int Monotonic = 1, BootTime = 7;

    /// <summary>Two reads of clocks; allocates nothing.</summary>
    public static TimeSpan Asleep()
    {
        var awake = Read(Monotonic);
        var all = Read(BootTime);
        return all > awake ? all - awake : TimeSpan.Zero;
    }

    private static unsafe TimeSpan Read(int clock)
    {
        Libc.TimeSpec now;
        return Libc.GetTime(clock, &now) == 0
            ? TimeSpan.FromTicks((now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / TimeSpan.NanosecondsPerTick))
            : TimeSpan.Zero;
    }
}
