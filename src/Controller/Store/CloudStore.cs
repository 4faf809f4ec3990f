using Microsoft.EntityFrameworkCore;
using Opportunism.Clouds;

namespace Opportunism.Controller.Store;

/// <summary>Stores the records of one cloud of the site.</summary>
/// <param name="contexts">Opens the site's database.</param>
/// <param name="cloud">The cloud's name in this site.</param>
internal sealed class CloudStore(IDbContextFactory<SiteDbContext> contexts, string cloud) : ICloudStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudRecord>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.CloudRecords.AsNoTracking().Where(row => row.Cloud == cloud).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new CloudRecord(new(row.Kind, row.Id), row.Json));
    }

    /// <inheritdoc/>
    public async Task SaveAsync(IReadOnlyList<CloudRecord> put, IReadOnlyList<CloudKey> removed, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var record in put)
        {
            if (await FindAsync(context, record.Key, cancellationToken) is { } row) row.Json = record.Json;
            else context.CloudRecords.Add(new() { Cloud = cloud, Kind = record.Key.Kind, Id = record.Key.Id, Json = record.Json });
        }

        foreach (var key in removed)
        {
            if (await FindAsync(context, key, cancellationToken) is { } row) context.CloudRecords.Remove(row);
        }

        await context.SaveChangesAsync(cancellationToken);
    }

    private async Task<CloudRecordRow?> FindAsync(SiteDbContext context, CloudKey key, CancellationToken cancellationToken) =>
        await context.CloudRecords.FindAsync([cloud, key.Kind, key.Id], cancellationToken);
}
