namespace Opportunism.Hypervisors.Qemu;

/// <summary>The network that guests get from their node.</summary>
public enum GuestNetwork
{
    /// <summary>A card without a connection: guests reach neither the owner's network nor this machine.</summary>
    Isolated,

    /// <summary>QEMU's user-mode network: guests reach everything that this machine reaches.</summary>
    User,

    /// <summary>No card.</summary>
    None,
}
