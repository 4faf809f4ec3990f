namespace Opportunism.Core.Health;

/// <summary>How bad a <see cref="HealthItem"/> is.</summary>
public enum HealthSeverity
{
    /// <summary>For information; nothing to do.</summary>
    Note,

    /// <summary>Handled; look this week.</summary>
    Warning,

    /// <summary>A promise is broken or the node cannot be lent; look now.</summary>
    Error,
}
