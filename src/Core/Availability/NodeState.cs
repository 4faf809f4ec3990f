namespace Opportunism.Core.Availability;

/// <summary>What the agent has decided about its node. The table of states and transitions is in docs/vocabulary.md.</summary>
public enum NodeState
{
    /// <summary>The owner is there, or may be; no guests.</summary>
    InUse,

    /// <summary>The owner is away; guests run at idle priority.</summary>
    Available,

    /// <summary>The owner just came back; guests are frozen or held in memory.</summary>
    Frozen,

    /// <summary>The owner stays; guests are leaving.</summary>
    Evicting,
}
