namespace Opportunism.Contracts;

/// <summary>Longest snooze that an owner or an operator can set.</summary>
public static class SnoozeLimit
{
    /// <summary>A month covers a holiday; for longer the operator should drain the node.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);
}
