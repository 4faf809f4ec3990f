namespace Opportunism.Core.Eviction;

/// <summary>One thing that can be done to get a guest's memory back to the owner. No cloud can do all of them.</summary>
public enum EvictionStep
{
    /// <summary>Its memory is written to the node's disk as a checkpoint; it continues there where it was.</summary>
    Suspend,

    /// <summary>It is paused in the node's memory, which it keeps.</summary>
    Pause,

    /// <summary>It is ended; its disk stays on the node, and it boots again there.</summary>
    ShutDown,

    /// <summary>It is ended, its disk becomes an image of the cloud, and it boots again on any node with room.</summary>
    Shelve,

    /// <summary>It is ended, its disk is copied to the site, and it boots again on any node with room.</summary>
    Relocate,

    /// <summary>It is deleted.</summary>
    Delete,
}
