using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Wakes the deciding thread by an eventfd (man 2 eventfd): one system call on each side, no lock of the runtime's in between.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EventFdWakeUp : IWakeUp, IDisposable
{
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const short ReadReady = 1;
    private readonly int descriptor;

    public EventFdWakeUp()
    {
        descriptor = OpenEventFd(0, CloseOnExec | NonBlocking);
        if (descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "The kernel gave no eventfd to wake the deciding thread with.");
    }

    public unsafe void Wake()
    {
        // The only way to fail is a full counter, and then the thread is being woken already.
        ulong one = 1;
        _ = Write(descriptor, &one, sizeof(ulong));
    }

    public unsafe void Wait(TimeSpan? atMost)
    {
        var poll = new PollEntry { Descriptor = descriptor, Events = ReadReady };
        // Rounded up: waking a millisecond early would find that nothing is due yet and spin.
        var milliseconds = atMost is { } time ? (int)Math.Min(Math.Ceiling(Math.Max(0, time.TotalMilliseconds)), int.MaxValue) : -1;
        if (Poll(&poll, 1, milliseconds) <= 0) return;
        ulong counter;
        _ = Read(descriptor, &counter, sizeof(ulong));
    }

    public void Dispose() => _ = Close(descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int OpenEventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int descriptor, void* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int descriptor, void* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
