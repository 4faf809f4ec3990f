using System.Globalization;
using Microsoft.Extensions.Configuration;
using Opportunism.Core;

namespace Opportunism.Agent.Settings;

/// <summary>Reads the agent's settings file key by key and collects every problem instead of stopping at the first.</summary>
/// <remarks>Each key that is read is a known one; <see cref="Finish"/> reports all others. Times as <see cref="Duration"/> reads
/// them.</remarks>
internal sealed class SettingsReader(IConfiguration file)
{
    private readonly List<string> problems = [];
    private readonly Dictionary<string, List<string>> known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every problem so far, each naming section, key, value and what is allowed.</summary>
    public IReadOnlyList<string> Problems => problems;

    public string Text(string section, string key, string fallback) => Find(section, key) ?? fallback;

    /// <summary>Those of these keys that are there, as they were written; they may be set to nothing.</summary>
    public IReadOnlyDictionary<string, string> Given(string section, IEnumerable<string> keys)
    {
        var given = new Dictionary<string, string>();
        foreach (var key in keys)
        {
            _ = Find(section, key);
            if (file[$"{section}:{key}"]?.Trim() is { } text) given[key] = text;
        }

        return given;
    }

    public string? TextOrNone(string section, string key) => Find(section, key);

    public TimeSpan Time(string section, string key, TimeSpan fallback) =>
        Read(section, key, fallback, Duration.TryParse, $"a time such as {Duration.Examples}");

    public int Number(string section, string key, int fallback) =>
        Read(
            section, key, fallback,
            (string text, out int value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value),
            "a whole number");

    public long Long(string section, string key, long fallback) =>
        Read(
            section, key, fallback,
            (string text, out long value) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value),
            "a whole number");

    /// <summary>One of an enum's names, in any case.</summary>
    public T OneOf<T>(string section, string key, T fallback)
        where T : struct, Enum =>
        Read(
            section, key, fallback,
            (string text, out T value) => EnumName.TryParse(text, out value, ignoreCase: true),
            string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant());

    public double Decimal(string section, string key, double fallback) =>
        Read(
            section, key, fallback,
            (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture,
            out value) && double.IsFinite(value),
            "a number");

    public Uri? Address(string section, string key) =>
        Read<Uri?>(
            section, key, null, (string text, out Uri? value) => Uri.TryCreate(text, UriKind.Absolute, out value),
            "an address such as https://cloud.example.org:7443");

    /// <summary>A list written with commas; empty entries are dropped.</summary>
    public IReadOnlyList<string> List(string section, string key, IReadOnlyList<string> fallback) =>
        Find(section, key) is { } text ? CommaList.Read(text) : fallback;

    /// <summary>Adds problems that a feature found in its own settings.</summary>
    public void Add(string section, IEnumerable<string> found) => problems.AddRange(found.Select(problem => $"[{section}] {problem}"));

    /// <summary>Adds problems that already name their section.</summary>
    public void Add(IEnumerable<string> found) => problems.AddRange(found);

    /// <summary>Every section and key that was read.</summary>
    public IEnumerable<(string Section, string Key)> Known => known.SelectMany(section => section.Value.Select(key => (section.Key, key)));

    /// <summary>Reports every key that was not read. Call it last.</summary>
    public void Finish()
    {
        foreach (var section in file.GetChildren())
        {
            if (!known.TryGetValue(section.Key, out var keys))
            {
                problems.Add($"[{section.Key}] is not a section. Known ones are {string.Join(", ", known.Keys)}.");
                continue;
            }

            foreach (var key in section.GetChildren().Where(key => !keys.Contains(key.Key, StringComparer.OrdinalIgnoreCase)))
            {
                problems.Add($"[{section.Key}] {key.Key} is not a setting. Known ones are {string.Join(", ", keys)}.");
            }
        }
    }

    private delegate bool Parser<T>(string text, out T value);

    private T Read<T>(string section, string key, T fallback, Parser<T> parse, string allowed)
    {
        if (Find(section, key) is not { } text) return fallback;
        if (parse(text, out var value)) return value;
        problems.Add($"[{section}] {key} is '{text}'; allowed is {allowed}.");
        return fallback;
    }

    private string? Find(string section, string key)
    {
        if (!known.TryGetValue(section, out var keys)) known[section] = keys = [];
        keys.Add(key);
        return file[$"{section}:{key}"] is { Length: > 0 } text ? text : null;
    }
}
