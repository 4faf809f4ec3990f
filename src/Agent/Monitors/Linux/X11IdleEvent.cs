namespace Opportunism.Agent.Monitors.Linux;

/// <summary>An event that an X server sent.</summary>
internal enum X11IdleEvent
{
    /// <summary>The user, idle until now, has done something.</summary>
    Active,

    /// <summary>The user, active until now, has done nothing for as long as monitors may ignore events.</summary>
    Idle,
}
