namespace Opportunism.Agent.Monitors.Linux;

/// <summary>What an X server told us by itself.</summary>
internal enum X11IdleEvent
{
    /// <summary>The user, idle until now, has done something.</summary>
    Active,

    /// <summary>The user, active until now, has done nothing for as long as monitors may look away.</summary>
    Idle,
}
