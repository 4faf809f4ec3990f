using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Workshop.Linux;

/// <summary>System calls that .NET does not offer. Each returns the kernel's result.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Libc
{
    public const int SigKill = 9, SigTerm = 15;

    /// <summary>Sends a signal to a process.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    /// <summary>Unmounts the file system at a folder.</summary>
    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string folder, int flags);

    /// <summary>Sets a file's or folder's user and group. The last error is in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chown(string path, int owner, int group);
}
