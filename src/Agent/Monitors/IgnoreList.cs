namespace Opportunism.Agent.Monitors;

/// <summary>The names that monitors ignore. Pure.</summary>
public sealed class IgnoreList(IEnumerable<string> patterns)
{
    private readonly string[] patterns = [.. patterns];

    /// <summary>A list that ignores nothing.</summary>
    public static IgnoreList Nothing { get; } = new([]);

    /// <summary>True when the name is listed, exactly or by its beginning with a trailing <c>*</c>.</summary>
    public bool Has(string name)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.EndsWith('*') ? name.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : name == pattern)
                return true;
        }

        return false;
    }
}
