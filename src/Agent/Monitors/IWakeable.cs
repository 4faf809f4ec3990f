namespace Opportunism.Agent.Monitors;

/// <summary>Something that sleeps until it is woken: the deciding thread.</summary>
public interface IWakeable
{
    /// <summary>Wakes it soon. Called from any thread on the path from a key press to the freeze: never blocks, allocates nothing, never
    /// throws.</summary>
    void Wake();
}
