using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store;

/// <summary>Brings the database to this version's tables before anything reads it.</summary>
internal sealed class StoreStart(IDbContextFactory<SiteDbContext> contexts)
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);

        // EF turns WAL on for a database it makes; synchronous stays FULL, so that what was acknowledged also survives a power cut.
        await context.Database.MigrateAsync(cancellationToken);
    }
}
