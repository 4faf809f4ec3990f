using System.Buffers.Text;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Conditions.Linux;

/// <summary>The CPU counters of /proc/stat.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcCpuReader(string path = "/proc/stat") : ICpuReader, IDisposable
{
    // The first line has ten counters of at most 20 digits.
    private readonly ProcFile file = new(path, wanted: 256);

    public CpuTimes? Read() => Parse(file.Read());

    public void Dispose() => file.Dispose();

    /// <summary>Reads the first line: <c>cpu user nice system idle iowait irq softirq steal guest guest_nice</c>, in hundredths of a
    /// second.</summary>
    /// <remarks>Guests that KVM runs are in user and nice already. Time stolen by the host of a virtual machine is not counted at
    /// all.</remarks>
    internal static CpuTimes? Parse(ReadOnlySpan<byte> text)
    {
        const int Idle = 3, IoWait = 4, Counters = 7;
        if (!text.StartsWith("cpu "u8)) return null;
        text = text[3..];
        long busy = 0, idle = 0;
        for (var i = 0; i < Counters; i++)
        {
            text = text.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(text, out long value, out var length)) return null;
            text = text[length..];
            if (i is Idle or IoWait) idle += value;
            else busy += value;
        }

        return new(Hundredths(busy), Hundredths(busy + idle));
    }

    private static TimeSpan Hundredths(long count) => TimeSpan.FromTicks(count * (TimeSpan.TicksPerSecond / 100));
}
