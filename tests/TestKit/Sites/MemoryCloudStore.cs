using System.Collections.Concurrent;
using Opportunism.Clouds;

namespace Opportunism.TestKit.Sites;

/// <summary>A cloud's records in memory.</summary>
public sealed class MemoryCloudStore : ICloudStore
{
    private readonly ConcurrentDictionary<CloudKey, CloudRecord> records = new();

    /// <inheritdoc/>
    public Task<IReadOnlyList<CloudRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CloudRecord>>([.. records.Values]);

    /// <inheritdoc/>
    public Task SaveAsync(IReadOnlyList<CloudRecord> put, IReadOnlyList<CloudKey> removed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(put);
        ArgumentNullException.ThrowIfNull(removed);
        foreach (var record in put) records[record.Key] = record;
        foreach (var key in removed) records.TryRemove(key, out _);
        return Task.CompletedTask;
    }
}
