using Microsoft.Extensions.Logging;
using Opportunism.Agent.Monitors;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>Does not hold until the time that the owner or the operator has named: "not today".</summary>
/// <remarks>Set from any thread, sampled by the deciding thread, kept in a small file so that it outlives the agent.
/// Uses the wall clock, since people give such times; a snooze ends by itself.</remarks>
public sealed class SnoozeCondition : ICondition
{
    // Longer than any snooze that can be set, so it can only come from a file that could not be read.
    private static readonly DateTimeOffset Unreadable = DateTimeOffset.MaxValue;

    private readonly Lock gate = new();
    private readonly SnoozeFile file;
    private readonly TimeProvider time;
    private readonly IWakeable? loop;
    private readonly ILogger<SnoozeCondition> log;
    private SnoozeTimes times;
    private bool holds;

    /// <summary>Reads the file; one that cannot be read snoozes the node until a snooze is set or ended.</summary>
    public SnoozeCondition(string path, TimeProvider time, IWakeable? loop, ILogger<SnoozeCondition> log)
    {
        this.time = time;
        this.loop = loop;
        this.log = log;
        file = new SnoozeFile(path);
        if (file.TryRead(out times, out var problem)) return;
        SnoozeLog.CannotRead(log, path, problem);
        times = new(Owner: Unreadable, Operator: null);
    }

    /// <inheritdoc/>
    public string Name => Reason.Snooze;

    /// <inheritdoc/>
    public bool Holds => Volatile.Read(ref holds);

    /// <summary>Until when the owner and the operator have snoozed the node; null for one who has not.</summary>
    public SnoozeTimes Times => Volatile.Read(ref times);

    /// <summary>The same without snoozes that have ended.</summary>
    public SnoozeTimes InForce => new(Active(Times.Owner), Active(Times.Operator));

    /// <inheritdoc/>
    public string Sentence => (Active(Times.Owner), Active(Times.Operator)) switch
    {
        ({ } until, _) when until == Unreadable => $"snoozed until it is ended, since the owner's snooze in {file.Path} was unreadable",
        ({ } until, _) => $"snoozed by the owner until {until:yyyy-MM-dd HH:mm} UTC",
        (_, { } until) => $"snoozed by the operator until {until:yyyy-MM-dd HH:mm} UTC",
        _ => "not snoozed",
    };

    /// <inheritdoc/>
    public string Remedy => Times.Owner == Unreadable
        ? $"'opportunism snooze --off' on this desktop ends it and writes {file.Path} again."
        : "It ends by itself; 'opportunism snooze --off' ends the owner's sooner, 'opportunism node snooze NODE --off' the operator's.";

    /// <inheritdoc/>
    public void Sample(long now) => Volatile.Write(ref holds, Active(Times.Owner) is null && Active(Times.Operator) is null);

    /// <summary>Snoozes until a time, or ends the snooze (null); the other person's snooze stays. Any thread; writes a file.</summary>
    /// <returns>Null when it is stored, else why it would not outlive the agent; it is in force in both cases.</returns>
    public string? Set(SnoozeBy who, DateTimeOffset? until)
    {
        string? problem;
        lock (gate)
        {
            Volatile.Write(ref times, who == SnoozeBy.Owner ? times with { Owner = until } : times with { Operator = until });
            problem = file.TryWrite(times);
        }

        SnoozeLog.Changed(log, who, until is { } at ? $"{at:u}" : "now (ended)");
        if (problem is not null) SnoozeLog.CannotWrite(log, file.Path, problem);
        loop?.Wake();
        return problem;
    }

    private DateTimeOffset? Active(DateTimeOffset? until) => until > time.GetUtcNow() ? until : null;
}
