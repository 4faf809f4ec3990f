namespace Opportunism.Agent.Conditions;

/// <summary>All conditions of this node, for the deciding thread.</summary>
/// <remarks>Sampled only by the deciding thread; <see cref="All"/> may be read by any thread.</remarks>
internal sealed class ConditionSet(IReadOnlyList<ICondition> conditions)
{
    private readonly ICondition[] conditions = [.. conditions];
    private readonly MemoryCondition? memory = conditions.OfType<MemoryCondition>().FirstOrDefault();

    /// <summary>Every condition, in the order in which they are shown.</summary>
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

    /// <summary>True while the owner needs the memory that guests use.</summary>
    public bool OwnerNeedsMemory => memory?.Critical ?? false;

    /// <summary>True from a report of the kernel that programs wait for memory until the next sample. Allocates nothing.</summary>
    public bool MemoryPressureIsNew => memory?.IsDue ?? false;

    /// <summary>True when programs wait for memory, as far as the last sample shows; not always the owner's.</summary>
    public bool MemoryPressed => memory?.Pressed ?? false;

    /// <summary>True while so little memory is available that guests with a checkpoint leave soon.</summary>
    public bool MemoryScarce => memory?.Scarce ?? false;

    /// <summary>True when a condition must be read before its time. Allocates nothing.</summary>
    public bool IsDue
    {
        get
        {
            foreach (var condition in conditions)
            {
                if (condition.IsDue) return true;
            }

            return false;
        }
    }

    /// <summary>Takes a new reading of each.</summary>
    public void Sample(long now)
    {
        foreach (var condition in conditions) condition.Sample(now);
    }
}
