using Opportunism.Core;

namespace Opportunism.Hypervisors.Fake;

/// <summary>How a fake machine misbehaves; as long as nothing is set it does not.</summary>
public sealed class FakeFaults
{
    /// <summary>How long every request takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Answers instead of the machine where it does not answer null: gets the request's name (such as <c>Start</c>) and the guest.</summary>
    public Func<string, GuestId, GuestAnswer?>? Refuse { get; set; }

    /// <summary>The freezer says that all stands still while guests run on.</summary>
    public bool FreezeLies { get; set; }

    /// <summary>The freezer says that it failed, and did.</summary>
    public bool FreezeFails { get; set; }

    /// <summary>Guests that cannot be held stay frozen.</summary>
    public bool HoldFails { get; set; }
}
