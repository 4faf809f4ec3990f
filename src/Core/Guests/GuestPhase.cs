namespace Opportunism.Core.Guests;

/// <summary>A guest's phase on its node. The names are part of the protocol and never change.</summary>
public enum GuestPhase
{
    /// <summary>Its image or disk is being fetched; nothing runs yet.</summary>
    Preparing,

    /// <summary>Its hypervisor process is starting.</summary>
    Starting,

    /// <summary>In memory and allowed to run; while its node is frozen it still does not run.</summary>
    Running,

    /// <summary>In memory, vCPUs held by the hypervisor.</summary>
    Held,

    /// <summary>Not in memory; its complete checkpoint is on the node's disk.</summary>
    Suspended,

    /// <summary>Not in memory; only its disk is on the node.</summary>
    Stopped,

    /// <summary>Its disk is being handed to the controller.</summary>
    Leaving,

    /// <summary>Its disk is with the controller; nothing of it is needed here any more.</summary>
    HandedOver,

    /// <summary>It could not be brought into the wanted state; the sentence has the reason.</summary>
    Failed,
}
