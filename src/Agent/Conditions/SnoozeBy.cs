namespace Opportunism.Agent.Conditions;

/// <summary>Who asked a node to lend nothing for a while.</summary>
public enum SnoozeBy
{
    /// <summary>The user at the desktop.</summary>
    Owner,

    /// <summary>An operator of the site.</summary>
    Operator,
}
