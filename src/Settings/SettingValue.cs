using System.Globalization;
using Opportunism.Core;

namespace Opportunism.Settings;

/// <summary>How values of settings are written: the types that options may have. Pure.</summary>
internal static class SettingValue
{
    private static readonly Dictionary<Type, (Func<string, object?> Parse, string Allowed)> Types = new()
    {
        [typeof(string)] = (text => text, "a text"),
        [typeof(int)] = (
            text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null, "a whole number"),
        [typeof(long)] = (
            text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null,
            "a whole number"),
        [typeof(double)] = (
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? value
                : null,
            "a number"),
        [typeof(TimeSpan)] = (text => Duration.TryParse(text, out var value) ? value : null, $"a time such as {Duration.Examples}"),
        [typeof(Uri)] = (
            text => Uri.TryCreate(text, UriKind.Absolute, out var value) ? value : null,
            "an address such as https://cloud.example.org:7443"),
        [typeof(IList<string>)] = (text => CommaList.Read(text), "a list with commas"),
    };

    /// <summary>Reads a value.</summary>
    /// <param name="text">The text; not empty.</param>
    /// <param name="type">The type of the option, which may be nullable.</param>
    /// <param name="allowed">What is allowed, for a message.</param>
    /// <returns>Null when the text is not allowed.</returns>
    /// <exception cref="NotSupportedException">Options of this type cannot be read.</exception>
    public static object? Parse(string text, Type type, out string allowed)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            allowed = string.Join(", ", Enum.GetNames(type)).ToLowerInvariant();
            return EnumName.TryParse(type, text, out var value, ignoreCase: true) ? value : null;
        }

        if (!Types.TryGetValue(type, out var known)) throw new NotSupportedException($"Settings of the type {type} cannot be read.");
        allowed = known.Allowed;
        return known.Parse(text);
    }
}
