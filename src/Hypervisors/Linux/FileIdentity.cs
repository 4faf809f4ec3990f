using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Files;

namespace Opportunism.Hypervisors.Linux;

/// <summary>Which file a descriptor is of, whatever its name: inode and device.</summary>
/// <param name="Inode">Number within its file system; 0 for not known.</param>
/// <param name="Major">Major number of the device.</param>
/// <param name="Minor">Minor number of the device.</param>
[SupportedOSPlatform("linux")]
internal readonly record struct FileIdentity(ulong Inode, uint Major, uint Minor)
{
    /// <exception cref="IOException">The file system did not reply.</exception>
    public static unsafe FileIdentity Of(SafeFileHandle file)
    {
        Libc.FileStatus status;
        if (Libc.StatFile((int)file.DangerousGetHandle(), "", Libc.EmptyPath, Libc.StatInode, &status) != 0)
        {
            throw FileFailure.OfLastCall("look at", "an open file");
        }

        return new(status.Inode, status.DeviceMajor, status.DeviceMinor);
    }
}
