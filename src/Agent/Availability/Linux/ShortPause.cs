using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Yields the processor for less than a millisecond (man 2 nanosleep), which the runtime's own sleep cannot.</summary>
[SupportedOSPlatform("linux")]
internal static class ShortPause
{
    /// <summary>Sleeps at least <paramref name="duration"/>, at most a second; allocates nothing.</summary>
    public static unsafe void For(TimeSpan duration)
    {
        var wanted = new Libc.TimeSpec { Nanoseconds = (nint)Math.Clamp(duration.TotalNanoseconds, 0, 999_999_999) };
        _ = Libc.NanoSleep(&wanted, null);
    }
}
