using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Workshop.Linux;

/// <summary>The system calls that .NET has no word for. Each returns what the kernel does.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Libc
{
    public const int SigKill = 9, SigTerm = 15;

    /// <summary>Sends a signal to a process.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    /// <summary>Unmounts what is mounted at a folder.</summary>
    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string folder, int flags);

    /// <summary>Gives a file or folder to a user and a group. The last error is in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chown(string path, int owner, int group);
}
