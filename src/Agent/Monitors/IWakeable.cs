namespace Opportunism.Agent.Monitors;

/// <summary>Something that sleeps until there is a reason to look again: the deciding thread.</summary>
public interface IWakeable
{
    /// <summary>Makes it look again soon. Called from any thread on the path from a key press to the freeze: never blocks, allocates nothing, never throws.</summary>
    void Wake();
}
