namespace Opportunism.Server.Limits;

/// <summary>How often an address may try something in a minute, such as enrolling. Any thread.</summary>
public sealed class AttemptLimit(int perMinute, TimeProvider time)
{
    // So many addresses at once are an attack; all further ones share one bucket, so that memory stays bounded.
    private const int MostAddresses = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, TokenBucket> buckets = new(StringComparer.Ordinal);

    /// <summary>Counts a try; false when the address has used up its tries for now.</summary>
    public bool MayTry(string address)
    {
        lock (gate)
        {
            if (buckets.Count >= MostAddresses && !buckets.ContainsKey(address)) address = "";
            if (!buckets.TryGetValue(address, out var bucket))
                buckets[address] = bucket = new(perMinute / 60.0, perMinute, time);
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
