namespace Opportunism.Contracts;

/// <summary>How long a desktop may be left alone at most, by its owner or by an operator.</summary>
public static class SnoozeLimit
{
    /// <summary>A month away is a holiday; beyond it the operator should drain the node.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);
}
