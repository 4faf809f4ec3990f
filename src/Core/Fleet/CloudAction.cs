namespace Opportunism.Core.Fleet;

/// <summary>One thing that a cloud is asked to do about a node. Every one is safe to repeat.</summary>
public abstract record CloudAction
{
    private CloudAction()
    {
    }

    /// <summary>Its effect, as text for people that follows a node's name.</summary>
    public string Sentence => this switch
    {
        Close close => $"closed in the cloud: {close.Reason}",
        Open => "open in the cloud",
        Evict evict => $"evict guest {evict.Guest}",
        BringBack back => $"bring back guest {back.Guest}",
        Settle { Target.Lost: true } => "lost in the cloud",
        Settle settle => settle.Target.Open ? "its network marked as open in the cloud" : "its network marked as closed in the cloud",
        _ => ToString(),
    };

    /// <summary>The guest it is about; null where it is about the node as a whole.</summary>
    public GuestId? About => this switch
    {
        Evict evict => evict.Guest,
        BringBack back => back.Guest,
        _ => null,
    };

    /// <summary>Place no more guests on the node.</summary>
    /// <param name="Reason">Why, as a sentence for people who look at the cloud.</param>
    public sealed record Close(string Reason) : CloudAction;

    /// <summary>Get a guest off the node.</summary>
    public sealed record Evict(GuestId Guest) : CloudAction;

    /// <summary>Place guests on the node again.</summary>
    public sealed record Open : CloudAction;

    /// <summary>Bring back a guest that we evicted and that is still on the node.</summary>
    public sealed record BringBack(GuestId Guest) : CloudAction;

    /// <summary>Bring everything else that the cloud keeps about the node in line with its target: its network's marks, and whether it is
    /// lost.</summary>
    public sealed record Settle(HostTarget Target) : CloudAction;
}
