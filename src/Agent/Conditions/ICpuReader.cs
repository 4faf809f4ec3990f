namespace Opportunism.Agent.Conditions;

/// <summary>Reads how much CPU time this machine has used since it started.</summary>
public interface ICpuReader
{
    /// <summary>The counters now; null when they cannot be read. Called by the deciding thread; never waits, never throws.</summary>
    CpuTimes? Read();
}
