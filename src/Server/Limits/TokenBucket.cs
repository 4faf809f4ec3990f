namespace Opportunism.Server.Limits;

/// <summary>Allows so many actions per second in the long run, and a burst of them at once. One thread at a time.</summary>
public sealed class TokenBucket(double perSecond, int burst, TimeProvider time)
{
    private double tokens = burst;
    private long filled = time.GetTimestamp();

    /// <summary>Takes a token; returns how long to wait before acting. Zero when there was one.</summary>
    public TimeSpan Take()
    {
        var now = time.GetTimestamp();
        tokens = Math.Min(burst, tokens + (time.GetElapsedTime(filled, now).TotalSeconds * perSecond)) - 1;
        filled = now;
        return tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-tokens / perSecond);
    }

    /// <summary>Takes a token if there is one.</summary>
    public bool TryTake()
    {
        if (Take() == TimeSpan.Zero) return true;
        tokens++;
        return false;
    }

    /// <summary>True when none was taken for so long that removing the bucket changes nothing.</summary>
    public bool IsFull => tokens + (time.GetElapsedTime(filled).TotalSeconds * perSecond) >= burst;
}
