namespace Opportunism.Core.Fleet;

/// <summary>How a guest of a node stands with its cloud, as far as opening and evicting goes.</summary>
public enum CloudGuestState
{
    /// <summary>It runs or may run on the node: to be evicted when the node must be empty.</summary>
    Here,

    /// <summary>Its cloud is doing something with it (building, suspending, resuming): nothing can be asked before that is done, so it is looked at again soon.</summary>
    Busy,

    /// <summary>It is leaving, or its node's agent sees to it alone: nothing to tell the cloud.</summary>
    Leaving,

    /// <summary>We evicted it and it is still on the node: to be brought back when the node is open.</summary>
    Evicted,

    /// <summary>It is off because its tenant wants it so: to be left alone.</summary>
    Resting,
}
