using System.Globalization;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Transfers.Linux;

/// <summary>Counts the bytes of the machine's network cards from /proc/net/dev.</summary>
/// <remarks>
/// Where there are cards only these count: traffic of a bridge, a tunnel or a virtual interface passes a card too and would count twice.
/// On a machine without a card, such as a container, all interfaces count except loopback.
/// </remarks>
/// <param name="file">The kernel's table.</param>
/// <param name="interfaces">The kernel's folder of interfaces; a card has an entry "device".</param>
[SupportedOSPlatform("linux")]
internal sealed class ProcNetworkReader(string file = "/proc/net/dev", string interfaces = "/sys/class/net") : INetworkReader
{
    // proc(5): 8 columns for received data, then 8 for sent data, each beginning with bytes.
    private const int ReceivedColumn = 0, SentColumn = 8;

    public long? TotalBytes()
    {
        try
        {
            long cards = 0, all = 0;
            var hasCard = false;
            foreach (var line in File.ReadLines(file))
            {
                var colon = line.LastIndexOf(':');
                if (colon < 0) continue; // the two lines of headings
                var name = line[..colon].Trim();
                var columns = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (name == "lo" || columns.Length <= SentColumn) continue;
                if (!TryParse(columns[ReceivedColumn], out var received) || !TryParse(columns[SentColumn], out var sent)) continue;
                all += received + sent;
                if (!Path.Exists(Path.Combine(interfaces, name, "device"))) continue;
                hasCard = true;
                cards += received + sent;
            }

            return hasCard ? cards : all;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A counter that is about to wrap around is cut: the sum stays in range, and a decrease counts as no traffic.
    private static bool TryParse(string text, out long bytes)
    {
        var isNumber = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        bytes = (long)(value & (long.MaxValue >> 8));
        return isNumber;
    }
}
