namespace Opportunism.Agent.Conditions;

/// <summary>All conditions of this node, as the deciding thread asks for them.</summary>
/// <remarks>Sampled by the deciding thread alone; <see cref="All"/> may be read by any.</remarks>
internal sealed class ConditionSet(IReadOnlyList<ICondition> conditions)
{
    private readonly ICondition[] conditions = [.. conditions];
    private readonly MemoryCondition? memory = conditions.OfType<MemoryCondition>().FirstOrDefault();

    /// <summary>Every condition, in the order in which people read them.</summary>
    public IReadOnlyList<ICondition> All => conditions;

    /// <summary>The first condition that does not hold, or null. Allocates nothing.</summary>
    public string? Failing
    {
        get
        {
            foreach (var condition in conditions)
            {
                if (!condition.Holds) return condition.Name;
            }

            return null;
        }
    }

    /// <summary>True while the owner is short of the memory that guests hold.</summary>
    public bool OwnerNeedsMemory => memory?.Critical ?? false;

    /// <summary>Takes a new reading of each.</summary>
    public void Sample(long now)
    {
        foreach (var condition in conditions) condition.Sample(now);
    }
}
