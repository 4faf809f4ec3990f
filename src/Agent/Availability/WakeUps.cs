namespace Opportunism.Agent.Availability;

/// <summary>The loop of a thread that has one thing to do whenever it is woken.</summary>
internal static class WakeUps
{
    /// <summary>Takes a step after each wake-up until cancelled, and a last one then. Blocks the calling thread.</summary>
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
