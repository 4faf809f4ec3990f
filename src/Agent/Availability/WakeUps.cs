namespace Opportunism.Agent.Availability;

/// <summary>The loop of a thread that does one thing each time it is woken.</summary>
internal static class WakeUps
{
    /// <summary>Does a step after each wake-up until cancelled, and then a last one. Blocks the calling thread.</summary>
    public static void StepWhenWoken(this IWakeUp wakeUp, Action step, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static wakeUp => ((IWakeUp)wakeUp!).Wake(), wakeUp);
        while (!cancellationToken.IsCancellationRequested)
        {
            wakeUp.Wait(null);
            step();
        }

        step();
    }
}
