using System.Buffers.Text;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Conditions.Linux;

/// <summary>The available memory of /proc/meminfo.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcMemoryReader(string path = "/proc/meminfo") : IMemoryReader, IDisposable
{
    // MemAvailable is the third line.
    private readonly ProcFile file = new(path, wanted: 512);

    public double? AvailableMiB() => Parse(file.Read());

    public void Dispose() => file.Dispose();

    /// <summary>Reads the line <c>MemAvailable:   12345 kB</c>.</summary>
    internal static double? Parse(ReadOnlySpan<byte> text)
    {
        var name = "MemAvailable:"u8;
        var at = text.IndexOf(name);
        if (at < 0) return null;
        var rest = text[(at + name.Length)..].TrimStart((byte)' ');
        return Utf8Parser.TryParse(rest, out long kib, out _) ? kib / 1024.0 : null;
    }
}
