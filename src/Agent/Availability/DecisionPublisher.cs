using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>Shows the other threads what the deciding thread has decided, on a thread of its own: code that waits for a change runs there
/// or on the pool.</summary>
internal sealed class DecisionPublisher
{
    private readonly Newest<Decided> newest;
    private readonly IWakeUp wakeUp;

    public DecisionPublisher(in Decided first, IWakeUp wakeUp)
    {
        newest = new(first);
        this.wakeUp = wakeUp;
        Status = new(StatusOf(first));
    }

    /// <summary>Stands for "never" in <see cref="LastFreeze"/>.</summary>
    public static FreezeRecord NoFreeze { get; } = new(DateTimeOffset.MinValue, 0, default);

    /// <summary>What was decided last.</summary>
    public Level<NodeStatus> Status { get; }

    /// <summary>The last freeze.</summary>
    public Level<FreezeRecord> LastFreeze { get; } = new(NoFreeze);

    /// <summary>Replaces what is shown. The deciding thread only; never waits, never allocates.</summary>
    public void Publish(in Decided decided)
    {
        newest.Set(decided);
        wakeUp.Wake();
    }

    /// <summary>Shows until cancelled, and then what was decided last. Blocks its thread, which should be its own.</summary>
    public void Run(CancellationToken cancellationToken) => wakeUp.StepWhenWoken(Step, cancellationToken);

    /// <summary>Shows what was decided last; the freeze first, since it is looked up once the state has changed.</summary>
    internal void Step()
    {
        var now = newest.Read();
        if (now.FrozenAt != LastFreeze.Current.At && now.FrozenAt != NoFreeze.At)
            LastFreeze.Set(new(now.FrozenAt, now.FrozenGuests, now.Freeze));
        var status = StatusOf(now);
        if (status != Status.Current) Status.Set(status);
    }

    private static NodeStatus StatusOf(in Decided now) =>
        new(now.State, now.Reason, now.Since, now.SinceTimestamp, now.Times) { MayLoad = now.MayLoad };

    /// <summary>Everything that the deciding thread shows to others; a struct, so that replacing it allocates nothing.</summary>
    /// <param name="State">The state of the node.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Since">Since when, wall clock.</param>
    /// <param name="SinceTimestamp">The same as a <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="Times">The waiting times in force.</param>
    internal readonly record struct Decided(
        NodeState State, Reason Reason, DateTimeOffset Since, long SinceTimestamp, AvailabilityTimes Times)
    {
        /// <summary>Whether suspended guests may be loaded.</summary>
        public bool MayLoad { get; init; }

        /// <summary>When guests were frozen last; <see cref="DateTimeOffset.MinValue"/> for never.</summary>
        public DateTimeOffset FrozenAt { get; init; }

        /// <summary>Guests in memory then.</summary>
        public int FrozenGuests { get; init; }

        /// <summary>How they were frozen.</summary>
        public BrakeResult Freeze { get; init; }
    }
}
