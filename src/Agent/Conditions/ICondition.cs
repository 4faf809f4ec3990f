namespace Opportunism.Agent.Conditions;

/// <summary>Something that must hold, besides the owner's absence, for guests to run.</summary>
/// <remarks>The deciding thread samples every condition every <see cref="SampledEvery"/> and reads the results in between.</remarks>
public interface ICondition
{
    /// <summary>Name in settings, reasons and reports; never changes.</summary>
    string Name { get; }

    /// <summary>Whether it held at the last sample; false before the first, and when there is no reading.</summary>
    bool Holds { get; }

    /// <summary>The last reading and the limit, for a person.</summary>
    string Sentence { get; }

    /// <summary>What would make it hold, for a person.</summary>
    string Remedy { get; }

    /// <summary>True when a new reading must not wait for its time. Read by the deciding thread whenever it wakes; allocates
    /// nothing.</summary>
    bool IsDue => false;

    /// <summary>Takes a new reading. Called by the deciding thread alone; reads no disk, never waits, never throws, allocates
    /// nothing.</summary>
    /// <param name="now">A <see cref="TimeProvider.GetTimestamp"/>.</param>
    void Sample(long now);

    /// <summary>How often the deciding thread samples.</summary>
    static readonly TimeSpan SampledEvery = TimeSpan.FromSeconds(5);
}
