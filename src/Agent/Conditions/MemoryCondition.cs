using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>Holds while enough memory is left for the owner, including what guests that are about to be resumed will take.</summary>
/// <param name="memory">The machine's memory.</param>
/// <param name="limit">MiB available.</param>
/// <param name="criticalMiB">Below this the owner needs the guests' memory.</param>
/// <param name="scarcePercent">Below this share of the memory guests that have a checkpoint leave soon.</param>
/// <param name="upcomingMiB">Memory of the guests that will be resumed when the node lends again, in MiB; called by the deciding thread,
/// allocates nothing.</param>
/// <param name="pressure">What the kernel reports about programs that wait for memory.</param>
public sealed class MemoryCondition(
    IMemoryReader memory, Threshold limit, double criticalMiB, double scarcePercent = 0, Func<double>? upcomingMiB = null,
    MemoryPressure? pressure = null) : ICondition
{
    private MemoryReading? reading;
    private double upcoming;
    private bool pressed;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public bool Holds { get; private set; }

    /// <inheritdoc/>
    public bool IsDue => pressure?.IsNew ?? false;

    /// <summary>True when so little is left that guests must leave at once. False without a reading: then the guests are frozen
    /// anyway.</summary>
    public bool Critical => reading?.AvailableMiB < criticalMiB;

    /// <summary>True when the kernel reported before the last sample that programs wait for memory.</summary>
    public bool Pressed => pressed;

    /// <summary>True while the share that is available is below the limit.</summary>
    public bool Scarce => reading is { } now && now.AvailableMiB < now.TotalMiB * scarcePercent / 100;

    /// <inheritdoc/>
    public string Sentence => (reading, pressed, upcoming) switch
    {
        (null, _, _) => "the available memory is not known",
        (_, true, _) => $"programs wait for memory, {reading.Value.AvailableMiB:0} MiB are available",
        ({ } now, _,
        > 0) => $"{now.AvailableMiB:0} MiB of memory are available; guests that would be resumed take {upcoming:0} MiB, and "
        + $"{limit.Leave:0} MiB must be left beside them",
        ({ } now, _,
        _) => $"{now.AvailableMiB:0} MiB of memory are available; guests start at {limit.Enter:0} MiB or more and are frozen below "
        + $"{limit.Leave:0} MiB",
    };

    /// <inheritdoc/>
    public string Remedy =>
        "Close programs that hold much memory, give guests less, or lower MemoryEnterMiB and MemoryLeaveMiB in [Conditions].";

    /// <inheritdoc/>
    public void Sample(long now)
    {
        reading = memory.Read();
        upcoming = upcomingMiB?.Invoke() ?? 0;
        pressed = pressure?.Take() ?? false;
        Holds = limit.Holds(Holds, reading?.AvailableMiB, upcoming);
    }
}
