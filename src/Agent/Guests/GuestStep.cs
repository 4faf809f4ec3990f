namespace Opportunism.Agent.Guests;

/// <summary>What the keeper does with a guest next.</summary>
internal enum GuestStep
{
    /// <summary>It is as it should be, or nothing may be done now.</summary>
    Nothing,

    /// <summary>Boot it, fetching image or disk first.</summary>
    Start,

    /// <summary>Bring it into memory, where it stands still: the node is about to lend.</summary>
    Load,

    /// <summary>Give the memory of a loaded guest back: the node does not lend after all.</summary>
    Unload,

    /// <summary>Bring it back from its checkpoint.</summary>
    Resume,

    /// <summary>Let it go on after a hold.</summary>
    Release,

    /// <summary>Hold it although the owner is away: it writes, and no disk is left for guests.</summary>
    HoldForRoom,

    /// <summary>Save it to disk beside the owner.</summary>
    Checkpoint,

    /// <summary>Get it out of memory as its policy says.</summary>
    Evict,

    /// <summary>Give its memory back and keep it: nobody says that it should run.</summary>
    Suspend,

    /// <summary>Ask it to shut down, then end it.</summary>
    ShutDown,

    /// <summary>End it at once: it stands still, so it cannot shut down.</summary>
    End,

    /// <summary>Send its disk to the controller and remove it here.</summary>
    HandOver,

    /// <summary>Remove everything of it.</summary>
    Delete,
}
