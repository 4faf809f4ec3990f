namespace Opportunism.Core.Guests;

/// <summary>The state in which the cloud wants a guest while its node is available. The names are part of the protocol and never
/// change.</summary>
public enum GuestWish
{
    /// <summary>It should run.</summary>
    Running,

    /// <summary>It should be off, its disk kept on the node.</summary>
    Stopped,

    /// <summary>It should be off and its disk handed to the controller, then removed here.</summary>
    HandedOver,

    /// <summary>Nothing of it should be left.</summary>
    Gone,
}
