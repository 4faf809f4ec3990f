using System.Globalization;

namespace Opportunism.Core;

/// <summary>How lengths of time are written in settings and on the command line: <c>300ms</c>, <c>90s</c>, <c>1h30m</c>, <c>1.5h</c>,
/// <c>3d</c> or <c>00:01:30</c>. Pure.</summary>
public static class Duration
{
    /// <summary>Examples, for messages.</summary>
    public const string Examples = "90s, 1h30m, 300ms or 00:01:30";

    private static readonly (string Name, TimeSpan Length)[] Units =
        [
            ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
            ("ms", TimeSpan.FromMilliseconds(1))];

    /// <summary>Reads a length of time: not negative, each unit at most once, larger ones first. A bare number has no unit and is
    /// refused.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = default;
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && value >= TimeSpan.Zero;
        var ticks = 0d;
        var unit = -1;
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.')) end++;
            if (!double.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                return false;
            at = end;
            while (end < text.Length && char.IsAsciiLetter(text[end])) end++;
            var name = text[at..end];
            var found = Array.FindIndex(Units, known => known.Name == name);
            if (found <= unit) return false; // none of that name, or not after a larger one
            unit = found;
            ticks += amount * Units[unit].Length.Ticks;
            at = end;
        }

        // Half of what fits, so that adding a few of them never overflows.
        if (unit < 0 || ticks > TimeSpan.MaxValue.Ticks / 2d) return false;
        value = TimeSpan.FromTicks((long)Math.Round(ticks));
        return true;
    }

    /// <summary>Writes a length of time so that <see cref="TryParse"/> reads it: <c>1h30m</c>, <c>0s</c>. What is less than a millisecond
    /// is left out; not negative.</summary>
    public static string Format(TimeSpan value)
    {
        var text = "";
        foreach (var (name, length) in Units)
        {
            var count = value.Ticks / length.Ticks;
            if (count > 0) text += string.Create(CultureInfo.InvariantCulture, $"{count}{name}");
            value -= count * length;
        }

        return text.Length > 0 ? text : "0s";
    }
}
