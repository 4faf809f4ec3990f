using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Notices when a file appears in, changes its rights in or leaves a folder; the folder itself may appear and disappear
/// (inotify).</summary>
/// <remarks>Used by one thread, which waits for <see cref="Descriptor"/> in poll(2).</remarks>
[SupportedOSPlatform("linux")]
internal sealed class FolderWatch : IDisposable
{
    // struct inotify_event: wd, mask, cookie, len (4 bytes each), then the name.
    private const int HeaderSize = 16;

    private readonly SafeFileHandle inotify = Libc.InotifyInit(Libc.O_CLOEXEC | Libc.O_NONBLOCK);
    private readonly string folder;
    private readonly byte[] buffer = new byte[16 * 1024];
    private int parentWatch = -1;

    public FolderWatch(string folder)
    {
        this.folder = folder;
        if (inotify.IsInvalid)
            throw new IOException(
                $"Changes in {folder} cannot be watched: {Libc.LastErrorText()}. Raise fs.inotify.max_user_instances (sysctl) or the "
                    + "limit of open files.");
    }

    /// <summary>Readable when something changed; for poll's list.</summary>
    public int Descriptor => (int)inotify.DangerousGetHandle();

    /// <summary>True while the folder is not there and its parent is watched instead, which may be a busy place.</summary>
    public bool FolderMissing { get; private set; }

    /// <summary>Watches the folder, or its parent while it does not exist. Call before each listing, so that no change in between is
    /// missed.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public void Arm()
    {
        const uint Changes = Libc.IN_CREATE | Libc.IN_ATTRIB | Libc.IN_DELETE | Libc.IN_MOVED_TO | Libc.IN_DELETE_SELF;
        if (Libc.InotifyAddWatch(inotify, folder, Changes) >= 0)
        {
            FolderMissing = false;
            if (parentWatch >= 0) Libc.InotifyRemoveWatch(inotify, parentWatch);
            parentWatch = -1;
            return;
        }

        if (Marshal.GetLastPInvokeError() != Libc.ENOENT)
            throw new IOException(
                $"Changes in {folder} cannot be watched: {Libc.LastErrorText()}. Raise fs.inotify.max_user_watches (sysctl), or run the "
                    + "agent as root.");
        FolderMissing = true;

        // A parent that is missing too is looked for again at the next check, half a minute later.
        parentWatch = Libc.InotifyAddWatch(inotify, Path.GetDirectoryName(folder) ?? "/", Libc.IN_CREATE | Libc.IN_MOVED_TO);
    }

    /// <summary>Reads all changes from the kernel's queue.</summary>
    /// <param name="gone">Called with the name of everything that left the folder.</param>
    public void Drain(Action<string> gone)
    {
        nint read;
        while ((read = Libc.Read(inotify, buffer, (nuint)buffer.Length)) > 0)
        {
            for (var at = 0; at + HeaderSize <= read;)
            {
                var mask = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4));
                var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 12));
                var name = buffer.AsSpan(at + HeaderSize, length);
                if ((mask & Libc.IN_DELETE) != 0) gone(Encoding.UTF8.GetString(name[..Math.Max(0, name.IndexOf((byte)0))]));
                at += HeaderSize + length;
            }
        }
    }

    public void Dispose() => inotify.Dispose();
}
