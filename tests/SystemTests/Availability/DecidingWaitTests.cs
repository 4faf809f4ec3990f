using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Conditions;
using Xunit;

namespace Opportunism.SystemTests.Availability;

/// <summary>What ends the deciding thread's sleep, from the real kernel.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class DecidingWaitTests
{
    private const int RealTime = 0;

    private readonly MemoryPressure pressure = new();

    [Fact]
    public void It_sleeps_as_long_as_it_was_told_to()
    {
        using var wait = new DecidingWait(pressure);
        Assert.True(Slept(() => wait.Wait(TimeSpan.FromMilliseconds(300))) >= TimeSpan.FromMilliseconds(300));
        Assert.False(pressure.IsNew);
    }

    [Fact]
    public void Another_thread_wakes_it()
    {
        using var wait = new DecidingWait(pressure);
        wait.Wake();
        Assert.True(Slept(() => wait.Wait(TimeSpan.FromMinutes(1))) < TimeSpan.FromSeconds(10));
        Assert.True(Slept(() => wait.Wait(TimeSpan.FromMilliseconds(300))) >= TimeSpan.FromMilliseconds(300));
    }

    /// <summary>The kernel sets the wall clock when a machine wakes from sleep; here the test sets it, to what it is.</summary>
    [Fact]
    public void A_wall_clock_that_is_set_wakes_it_once_each_time()
    {
        using var wait = new DecidingWait(pressure);
        for (var i = 0; i < 2; i++)
        {
            SetClock();
            Assert.True(Slept(() => wait.Wait(TimeSpan.FromMinutes(1))) < TimeSpan.FromSeconds(10));
            Assert.True(Slept(() => wait.Wait(TimeSpan.FromMilliseconds(300))) >= TimeSpan.FromMilliseconds(300));
        }
    }

    /// <summary>The same trigger on the CPUs' file, since programs that wait for a CPU are easily made.</summary>
    [Fact]
    public async Task Programs_that_have_to_wait_wake_it()
    {
        using var wait = new DecidingWait(pressure, "/proc/pressure/cpu");
        Assert.True(wait.WatchesPressure, "This kernel has no pressure to watch, or took no trigger.");
        List<Process> busy =
            [.. Enumerable.Range(0, Environment.ProcessorCount * 3).Select(_ => Process.Start("/bin/sh", ["-c", "while :; do :; done"]))];
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            while (!pressure.IsNew && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
                wait.Wait(TimeSpan.FromSeconds(30));
            Assert.True(pressure.Take(), "Nothing was reported in 30 s.");
        }
        finally
        {
            foreach (var process in busy)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
    }

    [Fact]
    public void Without_pressure_to_watch_it_waits_all_the_same()
    {
        using var wait = new DecidingWait(pressure, "/proc/pressure/none");
        Assert.False(wait.WatchesPressure);
        wait.Wake();
        Assert.True(Slept(() => wait.Wait(TimeSpan.FromMinutes(1))) < TimeSpan.FromSeconds(10));
    }

    private static TimeSpan Slept(Action wait)
    {
        var began = TimeProvider.System.GetTimestamp();
        wait();
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static unsafe void SetClock()
    {
        TimeSpec now;
        Assert.Equal(0, GetTime(RealTime, &now));
        Assert.True(SetTime(RealTime, &now) == 0, "The clock could not be set; this test needs root.");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int GetTime(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "clock_settime")]
    private static unsafe partial int SetTime(int clock, TimeSpec* time);
}
