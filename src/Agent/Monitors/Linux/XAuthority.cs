using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>A file of X11 cookies (Xauthority).</summary>
internal static class XAuthority
{
    // Far more than any real file; a display manager's has one or two entries of some 50 bytes.
    private const int LongestFile = 64 * 1024;

    /// <summary>The cookies for a display in the bytes of such a file; the first invalid entry ends the list. Pure.</summary>
    public static IEnumerable<byte[]> Cookies(ReadOnlyMemory<byte> file, int display)
    {
        // Each entry: family (2 bytes), then address, display number, protocol and cookie, each a big-endian length and that many bytes.
        var at = 2;
        while (Field(file, ref at) is not null && Field(file, ref at) is { } number && Field(file, ref at) is { } protocol
            && Field(file, ref at) is { } cookie)
        {
            var forUs = number.Length == 0 || Encoding.ASCII.GetString(number.Span) == display.ToString(CultureInfo.InvariantCulture);
            if (forUs && protocol.Span.SequenceEqual("MIT-MAGIC-COOKIE-1"u8) && cookie.Length == 16) yield return cookie.ToArray();
            at += 2;
        }
    }

    /// <summary>Reads a cookie file that belongs to the user who runs the server, or any when that is root; empty when there is no trusted
    /// one.</summary>
    /// <remarks>Without the check of the owner a user could make root's agent send them another user's cookie, by naming that
    /// user's file on the command line of a program that only pretends to be an X server.</remarks>
    [SupportedOSPlatform("linux")]
    public static ReadOnlyMemory<byte> Read(string path, int serversUser)
    {
        const int FileType = 0xF000, RegularFile = 0x8000;
        using var file = Libc.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (file.IsInvalid || !Libc.TryGetOwner(file, out var owner, out var mode)) return default;
        if ((mode & FileType) != RegularFile || (serversUser != 0 && owner != serversUser)) return default;
        var bytes = new byte[LongestFile];
        var length = 0;
        for (nint read; length < bytes.Length && (read = Libc.Read(file, bytes.AsSpan(length), (nuint)(bytes.Length - length))) > 0;)
            length += (int)read;
        return bytes.AsMemory(0, length);
    }

    private static ReadOnlyMemory<byte>? Field(ReadOnlyMemory<byte> file, ref int at)
    {
        if (at + 2 > file.Length) return null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(file.Span[at..]);
        if (at + 2 + length > file.Length) return null;
        var field = file.Slice(at + 2, length);
        at += 2 + length;
        return field;
    }
}
