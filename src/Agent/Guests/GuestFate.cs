namespace Opportunism.Agent.Guests;

/// <summary>What happened to a guest on this node, independent of the plan's wish.</summary>
internal enum GuestFate
{
    /// <summary>Nothing special.</summary>
    None,

    /// <summary>Its policy sent it away: its disk is to be handed over.</summary>
    Relocating,

    /// <summary>Its disk is with the controller and gone from here.</summary>
    HandedOver,

    /// <summary>Its policy deleted it.</summary>
    Terminated,

    /// <summary>It has shut itself down and stays off until the tenant's next request.</summary>
    ShutItselfDown,
}
