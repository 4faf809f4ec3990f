using Opportunism.Controller.Settings;

namespace Opportunism.Controller.Limits;

/// <summary>How often an address may try to enrol. Any thread.</summary>
internal sealed class AttemptLimit(ControllerOptions options, TimeProvider time)
{
    // So many addresses at once are an attack; all further ones share one bucket, so that memory stays bounded.
    private const int MostAddresses = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, TokenBucket> buckets = new(StringComparer.Ordinal);

    public bool MayTry(string address)
    {
        lock (gate)
        {
            if (buckets.Count >= MostAddresses && !buckets.ContainsKey(address)) address = "";
            if (!buckets.TryGetValue(address, out var bucket))
                buckets[address] = bucket = new(options.EnrolmentsPerMinute / 60.0, options.EnrolmentsPerMinute, time);
            return bucket.TryTake();
        }
    }

    /// <summary>Removes addresses that have been quiet. Called once a minute.</summary>
    public void Forget()
    {
        lock (gate)
        {
            foreach (var (address, bucket) in buckets.ToList())
            {
                if (bucket.IsFull) buckets.Remove(address);
            }
        }
    }
}
