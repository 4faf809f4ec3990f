using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Opportunism.Agent.Platform.Linux.Kernel;

/// <summary>Wakes a thread that waits in poll(2), from any other thread (an eventfd).</summary>
[SupportedOSPlatform("linux")]
internal sealed class WakeEvent : IDisposable
{
    private static readonly byte[] One = BitConverter.GetBytes(1UL);
    private readonly SafeFileHandle file = Libc.EventFd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);

    public WakeEvent()
    {
        if (file.IsInvalid)
            throw new IOException($"An eventfd could not be made: {Libc.LastErrorText()}. Raise the limit of open files (LimitNOFILE).");
    }

    /// <summary>Readable once set; for poll's list.</summary>
    public int Descriptor => (int)file.DangerousGetHandle();

    public void Set() => Libc.Write(file, One, sizeof(ulong));

    public void Reset()
    {
        Span<byte> count = stackalloc byte[sizeof(ulong)];
        Libc.Read(file, count, sizeof(ulong));
    }

    public void Dispose() => file.Dispose();
}
