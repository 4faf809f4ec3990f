namespace Opportunism.Agent.Transfers;

/// <summary>Limits the rate of bytes so that the owner of the desktop is not disturbed. Any thread; threads that use the same object share
/// its rate.</summary>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="time">Clock.</param>
internal sealed class Pace(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock gate = new();
    private long free;

    /// <summary>Waits until the bytes taken before have used their time, then takes some more. Returns early only by its
    /// cancellation.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (gate)
        {
            var now = time.GetTimestamp();
            free = Math.Max(free, now);
            wait = time.GetElapsedTime(now, free);
            free += (long)((double)bytes / bytesPerSecond * time.TimestampFrequency);
        }

        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
        else cancellationToken.ThrowIfCancellationRequested();
    }
}
