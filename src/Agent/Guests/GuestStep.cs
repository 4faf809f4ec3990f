namespace Opportunism.Agent.Guests;

/// <summary>What the keeper does with a guest next.</summary>
internal enum GuestStep
{
    /// <summary>Nothing is to be done, or nothing may be done now.</summary>
    Nothing,

    /// <summary>Boot it, fetching image or disk first.</summary>
    Start,

    /// <summary>Load it into memory, where it stays held: the node is about to lend.</summary>
    Load,

    /// <summary>Unload it: the node does not lend after all.</summary>
    Unload,

    /// <summary>Bring it back from its checkpoint.</summary>
    Resume,

    /// <summary>Release it after a hold.</summary>
    Release,

    /// <summary>Hold it although the owner is away: it writes, and no disk space is left for guests.</summary>
    HoldForRoom,

    /// <summary>Save it to disk while the owner is there.</summary>
    Checkpoint,

    /// <summary>Get it out of memory by its policy.</summary>
    Evict,

    /// <summary>Give its memory back and keep it: it is in no plan that lets it run.</summary>
    Suspend,

    /// <summary>Ask it to shut down, then end it.</summary>
    ShutDown,

    /// <summary>End it at once: it does not run, so it cannot shut down.</summary>
    End,

    /// <summary>Send its disk to the controller and remove it here.</summary>
    HandOver,

    /// <summary>Remove everything of it.</summary>
    Delete,
}
