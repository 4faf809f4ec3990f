using System.Globalization;
using System.Runtime.Versioning;

namespace Opportunism.TestKit.Guests;

/// <summary>Bytes that a process has caused to be written to disks (man 5 proc, /proc/PID/io). Memory on tmpfs does not count, a mapped
/// file on a disk does.</summary>
[SupportedOSPlatform("linux")]
public static class DiskWrites
{
    private const string Field = "write_bytes: ";

    /// <summary>Bytes written by the calling process.</summary>
    public static long BytesHere => BytesBy("self");

    /// <summary>Bytes written by a process.</summary>
    /// <param name="process">Its id, or "self".</param>
    public static long BytesBy(string process) => long.Parse(
        File.ReadLines($"/proc/{process}/io").First(line => line.StartsWith(Field, StringComparison.Ordinal)).AsSpan(Field.Length),
        CultureInfo.InvariantCulture);
}
