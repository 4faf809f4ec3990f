using System.Globalization;
using System.Text;
using Opportunism.Contracts.Api;
using Xunit;

namespace Opportunism.TestKit.Sites;

/// <summary>A tick guest's console, read from the site as its tenant does; every boot must count 0, 1, 2, ... without a gap or a
/// repetition.</summary>
public sealed class RealConsole(SiteClient site, string vm)
{
    private readonly StringBuilder text = new();
    private long offset;
    private int read;

    /// <summary>The newest tick of the latest boot; -1 before the first.</summary>
    public int Last { get; private set; } = -1;

    /// <summary>How often the guest began to count.</summary>
    public int Boots { get; private set; }

    /// <summary>Everything that was read.</summary>
    public string Text => text.ToString();

    /// <summary>Reads the output since the last read.</summary>
    public async Task<RealConsole> ReadAsync()
    {
        while (true)
        {
            var piece = await site.ConsoleAsync(vm, offset, TimeSpan.Zero);
            if (piece.NextOffset == offset) return this;
            Assert.True(piece.Offset == offset, $"Console of {vm}: asked from {offset}, the site answered from {piece.Offset}.");
            offset = piece.NextOffset;
            text.Append(piece.Text);
            Take();
        }
    }

    private void Take()
    {
        var all = text.ToString();
        // The last line may be incomplete.
        for (var end = all.IndexOf('\n', read); end >= 0; end = all.IndexOf('\n', read))
        {
            var line = all[read..end].Trim();
            read = end + 1;
            if (!line.StartsWith("tick ", StringComparison.Ordinal)
                || !int.TryParse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var tick))
                continue;
            if (tick == 0) (Boots, Last) = (Boots + 1, -1);
            Assert.True(tick == Last + 1, $"Console of {vm}: tick {tick} came after tick {Last}; lost or repeated.\n{all}");
            Last = tick;
        }
    }
}
