using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Opportunism.Settings;

/// <summary>A settings file: sections of keys with texts. Upper and lower case are alike in names of sections and keys.</summary>
/// <remarks>A file that is not a settings file may hold a secret, such as a join token: no message of this class repeats what a malformed
/// file holds.</remarks>
public sealed class SettingsFile
{
    /// <summary>The largest file that is read, in bytes: many times what all keys take, and little to hold in memory.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly IConfiguration content;

    private SettingsFile(IConfiguration content) => this.content = content;

    /// <summary>A file without settings: each has its default.</summary>
    public static SettingsFile Empty { get; } = new(new ConfigurationBuilder().Build());

    /// <summary>The sections in the file, as they are written there.</summary>
    public IReadOnlyList<string> Sections => [.. content.GetChildren().Select(section => section.Key)];

    /// <summary>Whether the file has this key, whatever its value.</summary>
    public bool Has(string section, string key) => KeysOf(section).Contains(key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a file: JSON where its name ends in <c>.json</c>, else INI.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">Why it cannot be used, naming the file; null when it can.</param>
    /// <returns>Null when it cannot be used.</returns>
    public static SettingsFile? Read(string path, out string? problem) => Read(path, ReadContent, out problem);

    /// <summary>Reads an INI file, whatever its name.</summary>
    /// <inheritdoc cref="Read(string, out string?)"/>
    public static SettingsFile? ReadIni(string path, out string? problem) => Read(path, (_, bytes) => Ini(bytes), out problem);

    /// <summary>Keys that stand outside of any section.</summary>
    internal IEnumerable<string> OutsideSections =>
        content.GetChildren().Where(child => child.Value is { Length: > 0 }).Select(child => child.Key);

    internal IEnumerable<string> KeysOf(string section) => content.GetSection(section).GetChildren().Select(key => key.Key);

    /// <summary>The text of a key; null when it is absent. A list in JSON reads as if it were written with commas.</summary>
    /// <returns>False when the key holds keys of its own instead of a text.</returns>
    internal bool TryFind(string section, string key, out string? text)
    {
        var found = content.GetSection(section).GetSection(key);
        var parts = found.GetChildren().ToList();
        text = parts.Count == 0 ? found.Value : string.Join(", ", parts.Select(part => part.Value));
        return parts.All(part => part.Value is not null && int.TryParse(part.Key, out _));
    }

    private static SettingsFile? Read(string path, Func<string, byte[], IConfiguration> parse, out string? problem)
    {
        try
        {
            if (!File.Exists(path))
            {
                problem = $"There is no settings file {path}. Name one with --settings; docs/settings.md lists the keys, and an empty file "
                    + "uses every default.";
                return null;
            }

            problem = null;
            return new SettingsFile(parse(path, Bytes(path)));
        }
        catch (UnauthorizedAccessException)
        {
            problem = $"{path} cannot be read: the user of this program may not open it.";
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            problem = $"{path} cannot be read: {e.Message}";
        }

        return null;
    }

    private static byte[] Bytes(string path)
    {
        using var file = File.OpenRead(path);
        // One more than allowed shows that there are more; the length of the file may be 0 where its content is made as it is read.
        var bytes = new byte[MaxBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxBytes) throw new InvalidDataException($"it has more than {MaxBytes} bytes; a settings file may have no more.");
        return bytes[..length];
    }

    private static IConfiguration ReadContent(string path, byte[] bytes) =>
        Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) ? Json(bytes) : Ini(bytes);

    private static IConfigurationRoot Json(byte[] bytes)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonStream(new MemoryStream(bytes)).Build();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"line {e.LineNumber + 1} is not valid JSON.");
        }
        catch (FormatException)
        {
            throw new InvalidDataException("allowed is one JSON object that holds an object for each section, each key once.");
        }
    }

    private static IConfigurationRoot Ini(byte[] bytes)
    {
        try
        {
            return new ConfigurationBuilder().AddIniStream(new MemoryStream(bytes)).Build();
        }
        catch (FormatException)
        {
            throw new InvalidDataException(MalformedLine(bytes) ?? "it is not valid INI.");
        }
    }

    /// <summary>Where the library stopped: its own message repeats the line, and has no number.</summary>
    private static string? MalformedLine(byte[] bytes)
    {
        var (section, number) = ("", 0);
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using var lines = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        while (lines.ReadLine()?.Trim() is { } line)
        {
            number++;
            if (line is "" or ['#' or ';' or '/', ..]) continue;
            if (line is ['[', .. var name, ']'])
            {
                section = name.Trim();
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) return $"line {number} is malformed; allowed are [Section], Key = value, and lines that begin with #.";
            var key = line[..equals].Trim();
            if (!keys.Add($"{section}:{key}")) return $"line {number} sets [{section}] {key} a second time; once is allowed.";
        }

        return null;
    }
}
