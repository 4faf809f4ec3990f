using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Where the deciding thread sleeps: other threads wake it, and so does the kernel when the machine has slept or programs wait for
/// memory.</summary>
/// <remarks>
/// 1. An eventfd for other threads. 2. A timer on the wall clock that never expires but is cancelled when that clock jumps, as after a
/// sleep (man 2 timerfd_create, TFD_TIMER_CANCEL_ON_SET). 3. A trigger on /proc/pressure/memory (Documentation/accounting/psi.rst).
/// Where 2 or 3 is not available, the next step finds what it would notice, at the latest after a condition's sample.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class DecidingWait : IOwnedWakeUp
{
    private const int RealTime = 0, AbsoluteTime = 1, CancelOnSet = 2;
    private const int Woken = 0, ClockSet = 1, Pressure = 2;

    // Programs waited for memory during a tenth of the time. Two seconds: without CAP_SYS_RESOURCE the kernel accepts only multiples of
    // them.
    private static ReadOnlySpan<byte> Trigger => "some 200000 2000000\0"u8;

    private readonly WakeEvent woken = new();
    private readonly MemoryPressure pressure;
    private readonly SafeFileHandle clock;
    private readonly SafeFileHandle memory;
    private readonly Libc.PollEntry[] entries;

    public DecidingWait(MemoryPressure pressure, string pressureFile = "/proc/pressure/memory")
    {
        this.pressure = pressure;
        clock = ClockTimer();
        memory = PressureTrigger(pressureFile);
        // poll ignores a negative descriptor.
        entries =
        [
            new() { Descriptor = woken.Descriptor, Events = Libc.POLLIN },
            new() { Descriptor = Number(clock), Events = Libc.POLLIN },
            new() { Descriptor = Number(memory), Events = Libc.POLLPRI },
        ];
    }

    /// <summary>True where the kernel wakes this thread when programs wait for memory.</summary>
    public bool WatchesPressure => entries[Pressure].Descriptor >= 0;

    public void Wake() => woken.Set();

    public void Wait(TimeSpan? atMost)
    {
        // Rounded up: waking a millisecond early would find that nothing is due yet and spin.
        var milliseconds = atMost is { } time ? (int)Math.Min(Math.Ceiling(Math.Max(0, time.TotalMilliseconds)), int.MaxValue) : -1;
        foreach (ref var entry in entries.AsSpan()) entry.Returned = 0;
        if (Libc.Wait(entries, milliseconds) == 0) return;
        if (entries[Woken].Returned != 0) woken.Reset();
        if (entries[ClockSet].Returned != 0) TakeClockSet();
        if ((entries[Pressure].Returned & Libc.POLLERR) != 0) entries[Pressure].Descriptor = -1;
        else if (entries[Pressure].Returned != 0) pressure.Report();
    }

    public void Dispose()
    {
        woken.Dispose();
        clock.Dispose();
        memory.Dispose();
    }

    // A read fails with ECANCELED, once for each jump, and the timer keeps waiting for the next one.
    private void TakeClockSet()
    {
        Span<byte> count = stackalloc byte[sizeof(ulong)];
        Libc.Read(clock, count, sizeof(ulong));
    }

    private static SafeFileHandle ClockTimer()
    {
        var timer = Libc.TimerFd(RealTime, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        // The latest time possible: the timer itself never expires.
        var never = new Libc.TimerSpec { Value = new() { Seconds = nint.MaxValue } };
        if (!timer.IsInvalid && Libc.SetTimer(timer, AbsoluteTime | CancelOnSet, never, 0) != 0) timer.Dispose();
        return timer;
    }

    private static SafeFileHandle PressureTrigger(string path)
    {
        var file = Libc.Open(path, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (!file.IsInvalid && Libc.Write(file, Trigger, (nuint)Trigger.Length) < 0) file.Dispose();
        return file;
    }

    private static int Number(SafeFileHandle file) => file.IsInvalid || file.IsClosed ? -1 : (int)file.DangerousGetHandle();
}
