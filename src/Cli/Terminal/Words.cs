using System.Globalization;
using Opportunism.Core.Health;
using Spectre.Console;

namespace Opportunism.Cli.Terminal;

/// <summary>How times, sizes and states are written for users, and how users write times. Pure.</summary>
internal static class Words
{
    /// <summary>Longest time that is accepted: more than a year is probably a typing error.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>A length of time in its largest unit that fits: <c>45 s</c>, <c>12 min</c>, <c>3 h</c>, <c>9 d</c>.</summary>
    public static string Lasting(TimeSpan time) => time.Duration() switch
    {
        { TotalSeconds: < 90 } seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds.TotalSeconds:0} s"),
        { TotalMinutes: < 90 } minutes => string.Create(CultureInfo.InvariantCulture, $"{minutes.TotalMinutes:0} min"),
        { TotalHours: < 48 } hours => string.Create(CultureInfo.InvariantCulture, $"{hours.TotalHours:0} h"),
        var days => string.Create(CultureInfo.InvariantCulture, $"{days.TotalDays:0} d"),
    };

    /// <summary>How long it is since then; a dash for never.</summary>
    public static string Since(DateTimeOffset? then, TimeProvider time) => then is { } at ? Lasting(time.GetUtcNow() - at) : "-";

    /// <summary>A point in time on the user's own clock, to follow the word "until".</summary>
    public static string At(DateTimeOffset at, TimeProvider time) =>
        at == DateTimeOffset.MaxValue
            ? "it is ended"
            : TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string MiB(long mib) =>
        mib >= 10 * 1024 ? string.Create(CultureInfo.InvariantCulture, $"{mib / 1024.0:0.#} GiB") : $"{mib} MiB";

    /// <summary>A number and its unit: <c>1 guest</c>, <c>2 guests</c>.</summary>
    public static string Count(long count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";

    /// <summary>Reads a length of time; null for anything else, and for zero or more than a year.</summary>
    public static TimeSpan? Duration(string text) =>
        Core.Duration.TryParse(text, out var time) && time > TimeSpan.Zero && time <= Longest ? time : null;

    /// <summary>Reads <c>18:00</c> (the next one) or <c>2026-11-22 18:00</c>, on the user's own clock; null for anything else.</summary>
    public static DateTimeOffset? Moment(string text, TimeProvider time)
    {
        var now = time.GetLocalNow();
        if (TimeOnly.TryParseExact(text, "H:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            var today = On(DateOnly.FromDateTime(now.DateTime).ToDateTime(clock), time);
            return today > now ? today : On(DateOnly.FromDateTime(now.DateTime).AddDays(1).ToDateTime(clock), time);
        }

        string[] formats = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"];
        return DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? On(local, time)
            : DateTimeOffset.TryParseExact(
                text, "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var exact) ? exact
            : null;
    }

    /// <summary>The end of the user's day, for "not today".</summary>
    public static DateTimeOffset EndOfToday(TimeProvider time) => On(time.GetLocalNow().Date.AddDays(1), time);

    /// <summary>The colour of a node's or VM's state, a severity, a yes or no.</summary>
    public static Style Colour(string word) => word switch
    {
        "Available" or "Running" or "Ready" or "Granted" or "yes" => new Style(Color.Green),
        "Frozen" or "Suspended" or "Waiting" or "Preparing" or "Starting" or "Relocating" or "Evicting" or "Unknown"
            or nameof(HealthSeverity.Warning) =>
            new Style(Color.Yellow),
        "Lost" or "NodeLost" or "Failed" or "Terminated" or "Revoked" or "Missing" or "BLIND" or "no" or nameof(HealthSeverity.Error) =>
            new Style(Color.Red),
        _ => Style.Plain,
    };

    private static DateTimeOffset On(DateTime local, TimeProvider time) => new(local, time.LocalTimeZone.GetUtcOffset(local));
}
