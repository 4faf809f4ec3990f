namespace Opportunism.Agent.Conditions;

/// <summary>Who asked a node to lend nothing for a while.</summary>
public enum SnoozeBy
{
    /// <summary>Whoever sits at the desktop.</summary>
    Owner,

    /// <summary>Whoever runs the site.</summary>
    Operator,
}
