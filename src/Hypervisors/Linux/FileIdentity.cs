using System.Buffers.Binary;
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
    private const int Size = 256, InodeAt = 32, MajorAt = 136, MinorAt = 140; // man 2 statx, struct statx

    /// <exception cref="IOException">The file system did not reply.</exception>
    public static unsafe FileIdentity Of(SafeFileHandle file)
    {
        Span<byte> stat = stackalloc byte[Size];
        fixed (byte* buffer = stat)
        {
            if (Libc.Statx((int)file.DangerousGetHandle(), "", Libc.EmptyPath, Libc.StatInode, buffer) != 0) throw FileFailure.OfLastCall("look at", "an open file");
        }

        return new(BinaryPrimitives.ReadUInt64LittleEndian(stat[InodeAt..]), BinaryPrimitives.ReadUInt32LittleEndian(stat[MajorAt..]), BinaryPrimitives.ReadUInt32LittleEndian(stat[MinorAt..]));
    }
}
