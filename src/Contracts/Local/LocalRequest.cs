namespace Opportunism.Contracts.Local;

/// <summary>What the command line asks the agent of its own desktop; one JSON object on one line.</summary>
/// <param name="Ask">One of <see cref="LocalAsk"/>.</param>
/// <param name="Until">For <see cref="LocalAsk.Snooze"/>: until when the node is not lent.</param>
public sealed record LocalRequest(string Ask, DateTimeOffset? Until = null);

/// <summary>What can be asked. The words are on the wire and never change.</summary>
public static class LocalAsk
{
    /// <summary>State, reason, monitors, conditions, guests. Anyone on the desktop may ask.</summary>
    public const string Status = "status";

    /// <summary>Not to be lent until a given time. The owner at the seat and root may ask.</summary>
    public const string Snooze = "snooze";

    /// <summary>Ends a snooze. The owner at the seat and root may ask.</summary>
    public const string Wake = "wake";

    /// <summary>All guests off this desktop now. The owner at the seat and root may ask.</summary>
    public const string TakeBack = "take-back";

    /// <summary>Every monitor looks anew and the brake is tried on a throw-away process. The owner at the seat and root may ask.</summary>
    public const string Doctor = "doctor";
}
