namespace Opportunism.Core.Fleet;

/// <summary>A guest's state in its cloud, as far as opening and evicting its node need it.</summary>
public enum CloudGuestState
{
    /// <summary>It runs or may run on the node: to be evicted when the node must be empty.</summary>
    Here,

    /// <summary>Its cloud is doing something with it (building, suspending, resuming): nothing can be requested before that is done, so it
    /// is checked again soon.</summary>
    Busy,

    /// <summary>It is leaving, or its node's agent handles it alone: no action for the cloud.</summary>
    Leaving,

    /// <summary>We evicted it and it is still on the node: to be brought back when the node is open.</summary>
    Evicted,

    /// <summary>It is off because its tenant stopped it: to be left unchanged.</summary>
    Resting,
}
