using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Wakes the deciding thread by an eventfd (man 2 eventfd): one system call on each side, no lock of the runtime's in
/// between.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EventFdWakeUp : IOwnedWakeUp
{
    private readonly WakeEvent woken = new();
    private readonly Libc.PollEntry[] entries;

    public EventFdWakeUp() => entries = [new() { Descriptor = woken.Descriptor, Events = Libc.POLLIN }];

    public void Wake() => woken.Set();

    public void Wait(TimeSpan? atMost)
    {
        // Rounded up: waking a millisecond early would find that nothing is due yet and spin.
        var milliseconds = atMost is { } time ? (int)Math.Min(Math.Ceiling(Math.Max(0, time.TotalMilliseconds)), int.MaxValue) : -1;
        entries[0].Returned = 0;
        if (Libc.Wait(entries, milliseconds) > 0) woken.Reset();
    }

    public void Dispose() => woken.Dispose();
}
