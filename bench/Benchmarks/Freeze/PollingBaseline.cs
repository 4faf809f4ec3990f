namespace Opportunism.Benchmarks.Freeze;

/// <summary>How fast a daemon reacts that looks for activity every so often, as PowerNap does: sleep, look, act.</summary>
/// <remarks>Each measurement is a poller of its own with a random phase and one event at a random moment, so that a few hundred fit in
/// the time of two intervals. Measured from the event to the start of the action; what the action then takes is not counted.</remarks>
internal static class PollingBaseline
{
    public static async Task<IReadOnlyList<double>> ReactionsMsAsync(TimeSpan interval, int pollers, TimeProvider time)
    {
        var random = new Random(1);
        return await Task.WhenAll(
            Enumerable.Range(0, pollers).Select(_ => ReactAsync(interval, random.NextDouble(), random.NextDouble(), time)));
    }

    private static async Task<double> ReactAsync(TimeSpan interval, double phase, double moment, TimeProvider time)
    {
        long seenAt = 0;
        await Task.Delay(interval * phase, time);
        var happens = Task.Run(async () =>
        {
            await Task.Delay(interval * moment, time);
            Volatile.Write(ref seenAt, time.GetTimestamp());
        });
        while (true)
        {
            await Task.Delay(interval, time);
            if (Volatile.Read(ref seenAt) is var at and not 0)
            {
                await happens;
                return time.GetElapsedTime(at).TotalMilliseconds;
            }
        }
    }
}
