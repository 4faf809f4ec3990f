using System.Globalization;
using System.Text;
using Opportunism.Core;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.TestKit.Guests;

/// <summary>Reads a tick guest's console and checks that no tick is lost or repeated.</summary>
public sealed class TickConsole(Func<ReadOnlyMemory<byte>> read, GuestId guest)
{
    /// <summary>For a guest whose hypervisor keeps its console.</summary>
    public TickConsole(IHypervisor hypervisor, GuestId guest)
        : this(() => hypervisor.ReadConsole(guest, 0, int.MaxValue).Bytes, guest)
    {
    }

    /// <summary>The newest whole tick line, or -1 before the first.</summary>
    public int Newest => Ticks() is { Count: > 0 } ticks ? ticks[^1] : -1;

    /// <summary>How often the guest has booted and begun to count. The console keeps what earlier boots printed.</summary>
    public int Boots => Printed(Text()).Count(tick => tick == 0);

    /// <summary>Waits until a later tick than this one is there.</summary>
    /// <param name="tick">The tick.</param>
    /// <param name="looks">How often it is read at most, ten times a second.</param>
    public async Task BeyondAsync(int tick, int looks)
    {
        for (var left = looks; Newest <= tick; left--)
        {
            Assert.True(left > 0, $"Guest {guest} has not ticked beyond {tick} in {looks} looks.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>All ticks since the guest's latest boot, checked to be 0, 1, 2, ...</summary>
    public IReadOnlyList<int> Ticks()
    {
        var text = Text();
        var ticks = Printed(text);
        var boot = ticks.LastIndexOf(0);
        var sinceBoot = boot < 0 ? ticks : ticks[boot..];
        for (var i = 0; i < sinceBoot.Count; i++)
            Assert.True(sinceBoot[i] == i, $"Guest {guest}: tick {sinceBoot[i]} stands where {i} belongs; lost or repeated.\n{text}");
        return sinceBoot;
    }

    private string Text() => Encoding.ASCII.GetString(read().Span);

    private static List<int> Printed(string text)
    {
        // The last line may be incomplete.
        var lines = text[..(text.LastIndexOf('\n') + 1)]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [
            .. lines.Where(line => line.StartsWith("tick ", StringComparison.Ordinal))
                .Select(line => int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture))];
    }
}
