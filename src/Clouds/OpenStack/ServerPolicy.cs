namespace Opportunism.Clouds.OpenStack;

/// <summary>What happens to a server when the owner of its node stays. The names are in settings, metadata and the store and never change.</summary>
public enum ServerPolicy
{
    /// <summary>Its memory goes to the node's disk; it goes on there when the owner leaves.</summary>
    Suspend,

    /// <summary>It stands still in the node's memory, which it keeps.</summary>
    Pause,

    /// <summary>It is shut down and boots again there when the owner leaves.</summary>
    Stop,

    /// <summary>It is shut down, its disk becomes an image, and it boots again on any host with room.</summary>
    Shelve,

    /// <summary>It is deleted.</summary>
    Terminate,
}
