namespace Opportunism.Agent.Transfers;

/// <summary>Finds out whether the owner's programs use the network: all traffic except the agent's own transfers. Any thread.</summary>
/// <param name="network">Counts everything.</param>
/// <param name="ownBytes">What the agent's own transfers have sent and received so far.</param>
/// <param name="bytesPerSecond">From this rate on the owner counts as using it.</param>
/// <param name="time">Clock.</param>
internal sealed class OwnerTraffic(INetworkReader network, Func<long> ownBytes, long bytesPerSecond, TimeProvider time)
{
    /// <summary>Over how long traffic is counted: the time between two pieces of a streamed video is longer, hence
    /// <see cref="QuietAfter"/>.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>For this long after the owner's last traffic nothing is transferred.</summary>
    public static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(10);

    // An older count has no information about the present.
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(5);

    // Headers of TCP, IP and Ethernet, acknowledgements, repeated packets: 5 to 8 % of the data of a transfer.
    private const int OverheadPart = 10;

    private readonly Lock gate = new();
    private long? lookedAt;
    private long busyUntil;
    private long total;
    private long own;

    /// <summary>How long a transfer has to wait before this is called again; zero when the network is free.</summary>
    public TimeSpan Wait()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var passed = lookedAt is { } before ? time.GetElapsedTime(before, now) : Stale;
            if (passed < Window) return Left(now);
            if (network.TotalBytes() is not { } totalNow)
            {
                // Traffic that cannot be counted is treated as the owner's.
                busyUntil = After(now, QuietAfter);
                return Left(now);
            }

            var ownNow = ownBytes();
            var others = totalNow - total - ((ownNow - own) * (OverheadPart + 1) / OverheadPart);
            (lookedAt, total, own) = (now, totalNow, ownNow);
            if (passed >= Stale) return Window; // nothing is sent before the first count
            if (others / passed.TotalSeconds >= bytesPerSecond) busyUntil = After(now, QuietAfter);
            return Left(now);
        }
    }

    private TimeSpan Left(long now)
    {
        var left = time.GetElapsedTime(now, busyUntil);
        // Checked again in each window, so that the wait ends a fixed time after the owner's last traffic.
        return busyUntil <= now ? TimeSpan.Zero : left < Window ? left : Window;
    }

    private long After(long now, TimeSpan wait) => now + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
