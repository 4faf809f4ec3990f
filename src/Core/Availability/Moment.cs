namespace Opportunism.Core.Availability;

/// <summary>Everything that the rules use to decide about a node, at one point in time.</summary>
public readonly record struct Moment
{
    /// <summary>The state the node is in.</summary>
    public required NodeState State { get; init; }

    /// <summary>How long it has been in it; not negative.</summary>
    public required TimeSpan InState { get; init; }

    /// <summary>How long no monitor has seen the owner; not negative.</summary>
    public required TimeSpan QuietFor { get; init; }

    /// <summary>How long the owner has not been there for certain (Core/Activity/OwnerPresence); never less than <see cref="QuietFor"/>,
    /// which is its default.</summary>
    public TimeSpan AwayFor
    {
        get => Waits.Longer(field, QuietFor);
        init;
    }

    /// <summary>The monitor that saw the owner last; empty before the first time.</summary>
    public required string LastSeenBy { get; init; }

    /// <summary>A monitor that cannot see, or null when all can and at least one has something to watch.</summary>
    public string? BlindMonitor { get; init; }

    /// <summary>A condition that does not hold, or null when all hold.</summary>
    public string? FailingCondition { get; init; }

    /// <summary>Who took the node back ("owner", "operator"), or null when it was not taken back.</summary>
    public string? TakenBackBy { get; init; }

    /// <summary>True while the owner needs the memory that guests use.</summary>
    public bool OwnerNeedsMemory { get; init; }

    /// <summary>Guests in this machine's memory, running or not.</summary>
    public required int Guests { get; init; }

    /// <summary>Those of <see cref="Guests"/> that their cloud has paused: they do not run whether or not the owner is there, and need not
    /// leave.</summary>
    public int PausedGuests { get; init; }

    /// <summary>How long the node waits before it lends again, because it stopped lending without an owner.</summary>
    public LendingPause Pause { get; init; }

    /// <summary>How long ago it stopped lending without an owner; used only while <see cref="Pause"/> is not zero.</summary>
    public TimeSpan SincePause { get; init; }

    /// <summary>True while every guest that must leave has a complete checkpoint, so that its memory can be given back at once.</summary>
    public bool CheckpointsReady { get; init; }

    /// <summary>True while less than a set share of the memory is available: guests' memory is given back soon.</summary>
    public bool MemoryScarce { get; init; }
}
