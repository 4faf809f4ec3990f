namespace Opportunism.Hypervisors.Qemu;

/// <summary>What network guests get from the node that runs them.</summary>
public enum GuestNetwork
{
    /// <summary>A card that leads nowhere: neither the owner's network nor this machine.</summary>
    Isolated,

    /// <summary>QEMU's user-mode network: guests reach whatever this machine reaches.</summary>
    User,

    /// <summary>No card.</summary>
    None,
}
