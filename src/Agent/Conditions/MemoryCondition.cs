using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>Holds while there is memory left for the owner.</summary>
/// <param name="memory">The machine's memory.</param>
/// <param name="limit">MiB available.</param>
/// <param name="criticalMiB">Below this the owner needs what the guests hold.</param>
public sealed class MemoryCondition(IMemoryReader memory, Threshold limit, double criticalMiB) : ICondition
{
    private double? available;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public bool Holds { get; private set; }

    /// <summary>True when so little is left that guests must leave at once. Without a reading it is false: the guests are frozen then anyway.</summary>
    public bool Critical => available < criticalMiB;

    /// <inheritdoc/>
    public string Sentence => available is { } mib
        ? $"{mib:0} MiB of memory are available; guests begin at {limit.Enter:0} MiB or more and stop below {limit.Leave:0} MiB"
        : "the available memory is not known";

    /// <inheritdoc/>
    public void Sample(long now)
    {
        available = memory.AvailableMiB();
        Holds = limit.Holds(Holds, available);
    }
}
