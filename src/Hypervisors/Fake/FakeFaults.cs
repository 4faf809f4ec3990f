using Opportunism.Core;

namespace Opportunism.Hypervisors.Fake;

/// <summary>Faults of a fake machine; none by default.</summary>
public sealed class FakeFaults
{
    /// <summary>How long every request takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Replaces the machine's result unless it returns null; gets the request's name (such as <c>Start</c>) and the
    /// guest.</summary>
    public Func<string, GuestId, GuestAnswer?>? Refuse { get; set; }

    /// <summary>The freezer reports that all guests are frozen while they keep running.</summary>
    public bool FreezeLies { get; set; }

    /// <summary>The freezer fails and reports it.</summary>
    public bool FreezeFails { get; set; }

    /// <summary>Guests that cannot be held stay frozen.</summary>
    public bool HoldFails { get; set; }
}
