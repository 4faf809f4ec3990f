using System.Globalization;
using System.Text;
using Opportunism.Files;

namespace Opportunism.Agent.Conditions;

/// <summary>The file that keeps snoozes: one line each, <c>owner 2026-11-22T15:00:00.0000000+00:00</c>. No file means no snooze.</summary>
internal sealed class SnoozeFile(string path)
{
    public string Path { get; } = path;

    /// <summary>Reads it. False with the reason when it exists and is invalid.</summary>
    public bool TryRead(out SnoozeTimes times, out string problem)
    {
        times = new(null, null);
        problem = "";
        try
        {
            if (!File.Exists(Path)) return true;
            foreach (var line in File.ReadLines(Path).Where(line => line.Length > 0))
            {
                var words = line.Split(' ');
                if (words.Length != 2
                    || !DateTimeOffset.TryParseExact(words[1], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var until)
                    || !(words[0] is "owner" or "operator"))
                {
                    problem = $"the line '{line}' is not 'owner TIME' or 'operator TIME'";
                    return false;
                }

                times = words[0] == "owner" ? times with { Owner = until } : times with { Operator = until };
            }

            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = failure.Message;
            return false;
        }
    }

    /// <summary>Replaces it whole. Null when that worked, else why not; the old one is then still there.</summary>
    public string? TryWrite(SnoozeTimes times)
    {
        try
        {
            var lines = new[] { ("owner", times.Owner), ("operator", times.Operator) }
                .Where(line => line.Item2 is not null)
                .Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Item1} {line.Item2!.Value.ToUniversalTime():O}\n"));
            DurableFile.Replace(Path, Encoding.ASCII.GetBytes(string.Concat(lines)));
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }
}
