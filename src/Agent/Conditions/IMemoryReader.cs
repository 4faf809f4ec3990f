namespace Opportunism.Agent.Conditions;

/// <summary>Reads how much memory a new program could get without anything being swapped out.</summary>
public interface IMemoryReader
{
    /// <summary>The memory now; null when it cannot be read. Called by the deciding thread; never waits, never throws.</summary>
    MemoryReading? Read();
}
