using Microsoft.EntityFrameworkCore;
using Opportunism.Files;
using Opportunism.Server.State;

namespace Opportunism.Server.Store;

/// <summary>Migrates the database to this version's tables before anything reads it.</summary>
/// <param name="contexts">Opens the database.</param>
/// <param name="state">The folder with the database.</param>
/// <param name="file">Name of the database's file in it.</param>
public sealed class DatabaseStart(IDbContextFactory<ServerDbContext> contexts, StateFolder state, string file)
{
    /// <summary>Migrates, after copying a database that a former version wrote. Called once, while the state folder is locked.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await CopyBeforeUpgradeAsync(context, cancellationToken);

        // EF turns WAL on for a database that it creates; synchronous stays FULL, so that acknowledged changes also survive a power cut.
        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Makes a copy of a database whose tables are about to change, so that an operator can return to the former version. The copy
    /// is complete or non-existent.</summary>
    private async Task CopyBeforeUpgradeAsync(ServerDbContext context, CancellationToken cancellationToken)
    {
        var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        if (applied.Count == 0 || context.Database.GetMigrations().Except(applied).FirstOrDefault() is not { } pending) return;
        var unfinished = file + ".copying";
        File.Delete(state[unfinished]);
        state.Touch(unfinished);
        await context.Database.ExecuteSqlAsync($"VACUUM INTO {state[unfinished]}", cancellationToken);
        DurableFile.Sync(state[unfinished]);
        DurableFile.Move(state[unfinished], state[CopyBefore(file, pending)]);
    }

    /// <summary>Name in the state folder of the copy that was made before an upgrade.</summary>
    public static string CopyBefore(string file, string migration) => $"{file}.before-{migration}";
}
