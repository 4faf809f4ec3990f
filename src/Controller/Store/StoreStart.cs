using Microsoft.EntityFrameworkCore;
using Opportunism.Files;

namespace Opportunism.Controller.Store;

/// <summary>Migrates the database to this version's tables before anything reads it.</summary>
internal sealed class StoreStart(IDbContextFactory<SiteDbContext> contexts, StateFolder state)
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await CopyBeforeUpgradeAsync(context, cancellationToken);

        // EF turns WAL on for a database that it creates; synchronous stays FULL, so that acknowledged changes also survive a power cut.
        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Makes a copy of a database whose tables are about to change, so that an operator can return to the former version. The copy
    /// is complete or non-existent.</summary>
    private async Task CopyBeforeUpgradeAsync(SiteDbContext context, CancellationToken cancellationToken)
    {
        var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        if (applied.Count == 0 || context.Database.GetMigrations().Except(applied).FirstOrDefault() is not { } pending) return;
        const string unfinished = "site.db.copying";
        File.Delete(state[unfinished]);
        state.Touch(unfinished);
        await context.CopyToAsync(state[unfinished], cancellationToken);
        DurableFile.Sync(state[unfinished]);
        DurableFile.Move(state[unfinished], state[CopyBefore(pending)]);
    }

    /// <summary>Name in the state folder of the copy that was made before an upgrade.</summary>
    public static string CopyBefore(string migration) => $"site.db.before-{migration}";
}
