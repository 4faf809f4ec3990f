using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Gives the processor away for less than a millisecond (man 2 nanosleep), which the runtime's own sleep cannot.</summary>
[SupportedOSPlatform("linux")]
internal static partial class ShortPause
{
    /// <summary>Sleeps at least <paramref name="duration"/>, at most a second; allocates nothing.</summary>
    public static unsafe void For(TimeSpan duration)
    {
        var wanted = new TimeSpec { Nanoseconds = (nint)Math.Clamp(duration.TotalNanoseconds, 0, 999_999_999) };
        _ = NanoSleep(&wanted, null);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static unsafe partial int NanoSleep(TimeSpec* wanted, TimeSpec* left);
}
