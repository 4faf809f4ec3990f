namespace Opportunism.Agent.Conditions;

/// <summary>The kernel's report that programs wait for memory: set when it arrives, taken at the next sample.</summary>
public sealed class MemoryPressure
{
    /// <summary>The period of a report: programs waited for memory during a part of it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private volatile bool isNew;

    /// <summary>True from a report of the kernel until it is taken.</summary>
    public bool IsNew => isNew;

    /// <summary>The kernel reported it just now. Never waits, allocates nothing.</summary>
    public void Report() => isNew = true;

    /// <summary>Whether it was reported since the last call.</summary>
    public bool Take()
    {
        var was = isNew;
        isNew = false;
        return was;
    }
}
