using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>An input device that is open so that one can wait for its events and never read them.</summary>
/// <remarks>It is open for writing only, so the kernel itself refuses every read. Nothing is ever written either.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InputDevice : IDisposable
{
    // _IOW('E', 0xa0, int): which clock stamps the events. Changing it empties the queue of this descriptor.
    private const nuint SetClock = 0x400445a0;
    private const int Realtime = 0;
    private const int Monotonic = 1;

    private readonly SafeFileHandle file;

    private InputDevice(string node, string name, InputKind kind, SafeFileHandle file)
    {
        Node = node;
        Name = name;
        Kind = kind;
        this.file = file;
    }

    /// <summary>The kernel's name of it, such as <c>event3</c>.</summary>
    public string Node { get; }

    /// <summary>Its maker's name, such as <c>AT Translated Set 2 keyboard</c>.</summary>
    public string Name { get; }

    public InputKind Kind { get; }

    /// <summary>Readable when an event waits; for poll's list.</summary>
    public int Descriptor => (int)file.DangerousGetHandle();

    /// <summary>Opens a device write-only; null with the error number when the kernel refuses.</summary>
    public static InputDevice? Open(string path, string name, InputKind kind, out int error)
    {
        var file = Libc.Open(path, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        error = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (!file.IsInvalid) return new InputDevice(Path.GetFileName(path), name, kind, file);
        file.Dispose();
        return null;
    }

    /// <summary>Forgets the events that wait, unread. False when the device is gone.</summary>
    /// <remarks>Setting the clock that is set already does nothing, so two different ones are set each time. Allocates nothing.</remarks>
    public bool Flush() => Libc.SetByIoctl(file, SetClock, Monotonic) == 0 && Libc.SetByIoctl(file, SetClock, Realtime) == 0;

    public void Dispose() => file.Dispose();
}
