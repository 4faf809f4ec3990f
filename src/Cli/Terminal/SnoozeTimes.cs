using System.CommandLine;
using Opportunism.Contracts;

namespace Opportunism.Cli.Terminal;

/// <summary>The options for the end of a snooze: <c>--for</c>, <c>--until</c>, <c>--off</c>; none means "not today".</summary>
internal sealed class SnoozeTimes
{
    private static readonly string Longest = $"{SnoozeLimit.Longest.TotalDays} d";

    private readonly Option<string?> lasts = new("--for")
    {
        Description = $"For how long: 30m, 2h, 1h30m, 3d; at most {Longest}.",
        HelpName = "TIME",
    };
    private readonly Option<string?> until = new("--until")
    {
        Description = $"Until when: 18:00, or 2026-12-24 18:00 (your clock); at most {Longest} ahead.",
        HelpName = "TIME",
    };
    private readonly Option<bool> off = new("--off") { Description = "End the snooze now." };

    public void AddTo(Command command, TimeProvider time)
    {
        command.Options.Add(lasts);
        command.Options.Add(until);
        command.Options.Add(off);
        command.Validators.Add(parsed =>
        {
            if (new[] { parsed.GetResult(lasts), parsed.GetResult(until),
                parsed.GetResult(off) }.Count(option => option is { Implicit: false }) > 1)
                parsed.AddError("Give one of --for, --until and --off.");
            if (parsed.GetValue(lasts) is { } text && (Words.Duration(text) is not { } length || length > SnoozeLimit.Longest))
                parsed.AddError($"--for {text}: a time like 30m, 2h, 1h30m or 3d is expected, at most {Longest}.");
            if (parsed.GetValue(until) is { } moment
                && (Words.Moment(moment, time) is not { } at || at <= time.GetUtcNow() || at > time.GetUtcNow() + SnoozeLimit.Longest))
                parsed.AddError($"--until {moment}: a time to come like 18:00 or 2026-12-24 18:00 is expected, at most {Longest} ahead.");
        });
    }

    /// <summary>The end of the snooze; null to end it now.</summary>
    public DateTimeOffset? Until(ParseResult parsed, TimeProvider time)
    {
        if (parsed.GetValue(off)) return null;
        if (parsed.GetValue(lasts) is { } text && Words.Duration(text) is { } duration) return time.GetUtcNow() + duration;
        return parsed.GetValue(until) is { } moment ? Words.Moment(moment, time) : Words.EndOfToday(time);
    }
}
