using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>Names of nodes as settings list them: <c>pc-1, lab-*</c>.</summary>
public static class NodePatterns
{
    /// <summary>True for a node's name, or the beginning of one followed by <c>*</c>.</summary>
    public static bool IsValid(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern == "*" || Names.IsDnsLike(pattern.EndsWith('*') ? pattern[..^1] + "x" : pattern);
    }

    /// <summary>True when a pattern matches the name of the node.</summary>
    public static bool Fits(string pattern, string node)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(node);
        return pattern.EndsWith('*') ? node.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == node;
    }

    /// <summary>Which of several patterns that match a node counts: the one with the largest number. A whole name matches better than a
    /// prefix, and a longer prefix better than a shorter one.</summary>
    public static int RankOf(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern.EndsWith('*') ? pattern.Length : int.MaxValue;
    }
}
