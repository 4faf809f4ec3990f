using System.Buffers.Text;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Conditions.Linux;

/// <summary>The memory of /proc/meminfo.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcMemoryReader(string path = "/proc/meminfo") : IMemoryReader, IDisposable
{
    // MemAvailable is the third line.
    private readonly ProcFile file = new(path, wanted: 512);

    public MemoryReading? Read() => Parse(file.Read());

    public void Dispose() => file.Dispose();

    /// <summary>Reads the lines <c>MemTotal:   12345 kB</c> and <c>MemAvailable:   12345 kB</c>.</summary>
    internal static MemoryReading? Parse(ReadOnlySpan<byte> text) =>
        TryMiB(text, "MemTotal:"u8, out var total) && TryMiB(text, "MemAvailable:"u8, out var available) ? new(available, total) : null;

    private static bool TryMiB(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out double mib)
    {
        mib = 0;
        var at = text.IndexOf(name);
        if (at < 0) return false;
        if (!Utf8Parser.TryParse(text[(at + name.Length)..].TrimStart((byte)' '), out long kib, out _)) return false;
        mib = kib / 1024.0;
        return true;
    }
}
