namespace Opportunism.Core.Fleet;

/// <summary>What a tenant sees of a VM. The names are in the API and the store and never change.</summary>
public enum VmStatus
{
    /// <summary>No node has room for it yet.</summary>
    Waiting,

    /// <summary>It has a node, which fetches its image or disk.</summary>
    Preparing,

    /// <summary>Its hypervisor process is starting.</summary>
    Starting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>Its node's owner is there; it is frozen or held in memory.</summary>
    Frozen,

    /// <summary>Its node's owner stays; it is on that node's disk and continues later where it was.</summary>
    Suspended,

    /// <summary>It is off, because its tenant stopped it.</summary>
    Stopped,

    /// <summary>Its disk is being copied to the site, so that it can boot on another node.</summary>
    Relocating,

    /// <summary>Its tenant deleted it; its node has not confirmed yet.</summary>
    Deleting,

    /// <summary>Its tenant deleted it and nothing of it is left to use.</summary>
    Deleted,

    /// <summary>Its node's owner came back and its policy is <c>terminate</c>.</summary>
    Terminated,

    /// <summary>Its node could not bring it into the wanted state; the sentence has the reason.</summary>
    Failed,

    /// <summary>Its node is silent or revoked. It is not started elsewhere: it might still run there.</summary>
    NodeLost,
}
