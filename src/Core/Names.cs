namespace Opportunism.Core;

/// <summary>Which names people may give to nodes, guests and images.</summary>
public static class Names
{
    /// <summary>Longest name: what a DNS label allows (RFC 1035, 2.3.4).</summary>
    public const int MaxLength = 63;

    /// <summary>True for 1 to 63 characters of <c>a-z 0-9 . -</c> that begin with a letter or a digit and hold no <c>..</c>.</summary>
    public static bool IsDnsLike(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '-')) return false;
        }

        return !text.Contains("..", StringComparison.Ordinal);
    }
}
