namespace Opportunism.Contracts.Local;

/// <summary>A request of the command line to the agent of its own desktop; one JSON object on one line.</summary>
/// <param name="Ask">One of <see cref="LocalAsk"/>.</param>
/// <param name="Until">For <see cref="LocalAsk.Snooze"/>: until when the node is not lent.</param>
public sealed record LocalRequest(string Ask, DateTimeOffset? Until = null);

/// <summary>The kinds of requests. The words are part of the protocol and never change.</summary>
public static class LocalAsk
{
    /// <summary>State, reason, monitors, conditions, guests. Anyone on the desktop may ask.</summary>
    public const string Status = "status";

    /// <summary>Do not lend this desktop until a given time. The owner at the seat and root may ask.</summary>
    public const string Snooze = "snooze";

    /// <summary>Ends a snooze. The owner at the seat and root may ask.</summary>
    public const string Wake = "wake";

    /// <summary>Get all guests off this desktop now. The owner at the seat and root may ask.</summary>
    public const string TakeBack = "take-back";

    /// <summary>Every monitor checks again and the brake is tested on a throw-away process. The owner at the seat and root may
    /// ask.</summary>
    public const string Doctor = "doctor";
}
