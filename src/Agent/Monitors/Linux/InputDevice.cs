using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>An input device that is opened so that its events can be waited for but never read.</summary>
/// <remarks>It is opened for writing only, so the kernel itself refuses every read. Nothing is ever written either.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InputDevice : IDisposable
{
    // _IOW('E', 0xa0, int): which clock stamps the events. Changing it empties the queue of this descriptor.
    private const nuint SetClock = 0x400445a0;
    private const int Realtime = 0;
    private const int Monotonic = 1;

    // _IOW('E', 0x90, int): 1 takes the device's events for this descriptor alone, 0 gives them back. The number itself is passed, not its
    // address.
    private const nuint Grab = 0x40044590;
    private const int Take = 1, GiveBack = 0;

    private readonly SafeFileHandle file;

    private InputDevice(InputDescription description, SafeFileHandle file, long now)
    {
        Description = description;
        ActiveAt = now;
        this.file = file;
    }

    /// <summary>The kernel's description.</summary>
    public InputDescription Description { get; }

    /// <summary>The kernel's name of it, such as <c>event3</c>.</summary>
    public string Node => Description.Node;

    /// <summary>When it was opened or last had an event.</summary>
    public long ActiveAt { get; private set; }

    /// <summary>True when another program has grabbed it, as far as was found out.</summary>
    public bool Grabbed { get; private set; }

    /// <summary>Readable when an event waits; for poll's list.</summary>
    public int Descriptor => (int)file.DangerousGetHandle();

    /// <summary>Opens a device write-only; null with the error number when the kernel refuses.</summary>
    public static InputDevice? Open(string path, InputDescription description, long now, out int error)
    {
        var file = Libc.Open(path, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        error = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (!file.IsInvalid) return new InputDevice(description, file, now);
        file.Dispose();
        return null;
    }

    /// <summary>Discards the waiting events unread. False when the device is gone.</summary>
    /// <remarks>Setting the clock that is set already does nothing, so two different ones are set each time. Allocates nothing.</remarks>
    public bool Flush(long now)
    {
        ActiveAt = now;
        Grabbed = false;
        return Libc.SetByIoctl(file, SetClock, Monotonic) == 0 && Libc.SetByIoctl(file, SetClock, Realtime) == 0;
    }

    /// <summary>Finds out whether another program has grabbed it: grabs it, and releases the grab at once.</summary>
    /// <remarks>For the microseconds in between its events reach only the agent, so this is for a device that is quiet. An event that comes
    /// in at that time still waits in this descriptor and counts as activity.</remarks>
    public void CheckGrab()
    {
        // Released once before: the first call of all loads the function, which takes far longer than the call.
        Libc.PassByIoctl(file, Grab, GiveBack);
        if (Libc.PassByIoctl(file, Grab, Take) == 0)
        {
            Libc.PassByIoctl(file, Grab, GiveBack);
            Grabbed = false;
        }
        else
        {
            Grabbed = Marshal.GetLastPInvokeError() == Libc.EBUSY;
        }
    }

    public void Dispose() => file.Dispose();
}
