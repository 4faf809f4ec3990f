namespace Opportunism.Core;

/// <summary>A list as settings and arguments hold it: <c>a, b</c>.</summary>
public static class CommaList
{
    /// <summary>The entries in their order, without blanks around them; empty ones are dropped.</summary>
    public static string[] Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
