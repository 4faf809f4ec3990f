using System.Collections.Concurrent;
using Opportunism.Clouds;

namespace Opportunism.TestKit.Sites;

/// <summary>A cloud's records in memory, whose saving can be made to fail.</summary>
public sealed class MemoryCloudStore : ICloudStore
{
    private readonly ConcurrentDictionary<CloudKey, CloudRecord> records = new();

    /// <summary>True to fail every save.</summary>
    public bool Broken { get; set; }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CloudRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CloudRecord>>([.. records.Values]);

    /// <inheritdoc/>
    public Task SaveAsync(IReadOnlyList<CloudRecord> put, IReadOnlyList<CloudKey> removed, CancellationToken cancellationToken)
    {
        if (Broken) throw new IOException("The store is broken.");
        ArgumentNullException.ThrowIfNull(put);
        ArgumentNullException.ThrowIfNull(removed);
        foreach (var record in put) records[record.Key] = record;
        foreach (var key in removed) records.TryRemove(key, out _);
        return Task.CompletedTask;
    }
}
