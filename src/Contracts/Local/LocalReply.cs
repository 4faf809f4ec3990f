namespace Opportunism.Contracts.Local;

/// <summary>The agent's reply to a <see cref="LocalRequest"/>; one JSON object on one line.</summary>
/// <param name="Error">Why nothing was done; null when it was.</param>
/// <param name="Status">The state of the node after the request; null after an error.</param>
/// <param name="Brake">For <see cref="LocalAsk.Doctor"/>: how the brake worked.</param>
public sealed record LocalReply(string? Error, LocalStatus? Status, LocalBrakeTrial? Brake = null);

/// <summary>What the agent reports about its desktop.</summary>
public sealed record LocalStatus
{
    /// <summary>The name under which the desktop is enrolled; null when it is not.</summary>
    public string? Node { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>A name of NodeState.</summary>
    public required string State { get; init; }

    /// <summary>Since when the node is in it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>A name of ReasonCode.</summary>
    public required string ReasonCode { get; init; }

    /// <summary>The reason as a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Everything that keeps the node from being lent now, the most important first; empty from an older agent, and while it is
    /// lent.</summary>
    public IReadOnlyList<LocalObstacle> Obstacles { get; init; } = [];

    /// <summary>Until when the owner or the operator snoozed the node; null when there is no snooze.</summary>
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>How long no monitor has seen the owner, in seconds.</summary>
    public required double QuietSeconds { get; init; }

    /// <summary>The monitor that saw the owner last, with the device or display where that is known; empty while none has since it began to
    /// watch.</summary>
    public string LastSeen { get; init; } = "";

    /// <summary>Every monitor and what it sees.</summary>
    public required IReadOnlyList<LocalWatcher> Monitors { get; init; }

    /// <summary>Every condition and whether it holds.</summary>
    public required IReadOnlyList<LocalWatcher> Conditions { get; init; }

    /// <summary>Every guest that has anything on this desktop.</summary>
    public required IReadOnlyList<LocalGuest> Guests { get; init; }

    /// <summary>Problems, each with a remedy.</summary>
    public required IReadOnlyList<LocalHealth> Health { get; init; }

    /// <summary>The last freeze; null before the first.</summary>
    public LocalFreeze? LastFreeze { get; init; }

    /// <summary>The controller's address; null when the desktop is not enrolled.</summary>
    public string? Site { get; init; }

    /// <summary>True while the controller is connected.</summary>
    public bool SiteConnected { get; init; }

    /// <summary>Why the site is not connected, such as that it rejected this node; empty while it is.</summary>
    public string SiteProblem { get; init; } = "";
}

/// <summary>One thing that keeps the node from being lent now.</summary>
/// <param name="Code">A name of ReasonCode.</param>
/// <param name="Source">The monitor, condition or person's role behind it; empty where there is none.</param>
/// <param name="Sentence">The obstacle, with its reading.</param>
/// <param name="Remedy">What would change it.</param>
public sealed record LocalObstacle(string Code, string Source, string Sentence, string Remedy)
{
    /// <summary>The source where no monitor has anything to watch: a machine without a seat.</summary>
    public const string NothingToWatch = "monitors";
}

/// <summary>A monitor or a condition.</summary>
/// <param name="Name">Its name in the settings.</param>
/// <param name="Ok">A monitor that sees, a condition that holds.</param>
/// <param name="Sources">What a monitor watches, counted; 0 for a condition.</param>
/// <param name="Sentence">What it sees or reads.</param>
public sealed record LocalWatcher(string Name, bool Ok, int Sources, string Sentence);

/// <summary>A guest on this desktop. Neither its tenant nor its content is included.</summary>
public sealed record LocalGuest(string Id, string Name, string Phase, int MemoryMiB, string Sentence);

/// <summary>A problem.</summary>
public sealed record LocalHealth(string Code, string Severity, string Sentence, string Remedy);

/// <summary>The last freeze of this desktop's guests.</summary>
/// <param name="At">When.</param>
/// <param name="StillMs">From the decision until no guest used CPU, in ms.</param>
/// <param name="LeakedCpuMs">Guest CPU used after the decision, in ms.</param>
/// <param name="Guests">Guests in memory.</param>
/// <param name="Brake">The brake that was needed: freeze, stop or kill.</param>
public sealed record LocalFreeze(DateTimeOffset At, double StillMs, double LeakedCpuMs, int Guests, string Brake);

/// <summary>The result of testing the brake on a throw-away process.</summary>
/// <param name="Ok">True when the process was halted in time and ran again afterwards.</param>
/// <param name="StillMs">From the write until it was halted, in ms.</param>
/// <param name="Sentence">What happened and, where it failed, what to do.</param>
public sealed record LocalBrakeTrial(bool Ok, double StillMs, string Sentence);
