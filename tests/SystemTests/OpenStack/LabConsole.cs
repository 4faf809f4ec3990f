using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>Reads what a tick guest has printed: "tick N" once a second,
/// counted in its memory, and "on disk: tick N" when it boots anew.</summary>
internal static partial class LabConsole
{
    /// <summary>Every complete tick.</summary>
    public static List<int> Ticks(string console) =>
        [.. Tick().Matches(console).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];

    /// <summary>The tick a guest found on its disk when it booted last; null when it found none.</summary>
    public static int? OnDisk(string console) =>
        OnDiskTick().Matches(console).LastOrDefault() is { } match
        ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
        : null;

    /// <summary>Checks that no tick is lost or repeated after the last one that was
    /// seen. libvirt begins a console's file anew when it restores a guest.</summary>
    public static void AssertGoesOn(string console, int last)
    {
        var ticks = Ticks(console);
        Assert.True(
            ticks.Count > 0 && (ticks[0] == 0 || ticks[0] == last + 1),
            $"After tick {last} the console begins with {(ticks.Count > 0 ? ticks[0] : null)}:\n{console}");
        Assert.Equal(Enumerable.Range(ticks[0], ticks.Count), ticks);
        Assert.True(ticks[^1] > last, $"It has not gone on after tick {last}.");
    }

    [GeneratedRegex(@"^tick (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Tick();

    [GeneratedRegex(@"on disk: tick (\d+)")]
    private static partial Regex OnDiskTick();
}
