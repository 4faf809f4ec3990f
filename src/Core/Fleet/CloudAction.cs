namespace Opportunism.Core.Fleet;

/// <summary>One thing to tell a cloud about a node. Every one is safe to repeat.</summary>
public abstract record CloudAction
{
    private CloudAction()
    {
    }

    /// <summary>Place no more guests on the node.</summary>
    /// <param name="Reason">Why, as a sentence for people who look at the cloud.</param>
    public sealed record Close(string Reason) : CloudAction;

    /// <summary>Get a guest off the node.</summary>
    public sealed record Evict(GuestId Guest) : CloudAction;

    /// <summary>Place guests on the node again.</summary>
    public sealed record Open : CloudAction;

    /// <summary>Let a guest go on that we evicted and that is still on the node.</summary>
    public sealed record BringBack(GuestId Guest) : CloudAction;

    /// <summary>Bring everything else that the cloud keeps about the node in line: its network's marks, and whether it is lost.</summary>
    public sealed record Settle(FleetWish Wish) : CloudAction;
}
