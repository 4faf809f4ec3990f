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
        // A number that no name has is parsed too, and its text is that number.
        if (Enum.TryParse(text, ignoreCase, out value) && Enum.IsDefined(value)
            && value.ToString().Equals(text, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)) return true;
        value = default;
        return false;
    }
}
