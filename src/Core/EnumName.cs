namespace Opportunism.Core;

/// <summary>Reads an enum's value by its name alone; <see cref="Enum"/> itself also takes numbers and lists of names.</summary>
public static class EnumName
{
    /// <summary>The value of that name; false when there is none.</summary>
    /// <param name="text">The name.</param>
    /// <param name="value">The value; the enum's first one when there is none of that name.</param>
    /// <param name="ignoreCase">Whether upper and lower case are alike.</param>
    public static bool TryParse<T>(string text, out T value, bool ignoreCase = false)
        where T : struct, Enum
    {
        var found = TryParse(typeof(T), text, out var named, ignoreCase);
        value = found ? (T)named! : default;
        return found;
    }

    /// <summary>The same for an enum that is known only when the program runs.</summary>
    public static bool TryParse(Type type, string text, out object? value, bool ignoreCase = false)
    {
        var name = Array.Find(
            Enum.GetNames(type), name => name.Equals(text, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));
        value = name is null ? null : Enum.Parse(type, name);
        return name is not null;
    }
}
