namespace Opportunism.Agent.Availability;

/// <summary>How other threads wake the deciding thread.</summary>
internal interface IWakeUp
{
    /// <summary>Ends the current or the next <see cref="Wait"/>. Any thread; never blocks, allocates or locks.</summary>
    void Wake();

    /// <summary>Sleeps in the kernel until woken or until <paramref name="atMost"/> has passed; null waits without a time limit. The
    /// deciding thread only.</summary>
    void Wait(TimeSpan? atMost);
}
