using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Opportunism.Files;
using Opportunism.Server.State;

namespace Opportunism.Server.Store;

/// <summary>Migrates the database to this version's tables before anything reads it.</summary>
/// <remarks>
/// Steps: 1. write-ahead log on; 2. refuse a newer database; 3. nothing pending: done; 4. copy a database of a former version;
/// 5. remove EF's lock; 6. migrate. Killed after any of them, the next start does the rest.
/// </remarks>
/// <param name="contexts">Opens the database.</param>
/// <param name="state">The folder with the database; locked by this process (<see cref="StateFolder.TryHold"/>).</param>
/// <param name="file">Name of the database's file in it.</param>
public sealed class DatabaseStart(IDbContextFactory<ServerDbContext> contexts, StateFolder state, string file)
{
    // EF's row in it has no owner and no time: one that a killed process left would make every later start wait for ever.
    private const string RemoveLock = """DROP TABLE IF EXISTS "__EFMigrationsLock";""";

    /// <summary>Migrates, after copying a database that a former version wrote. Called once, while the state folder is locked.</summary>
    /// <exception cref="CannotStartException">The database is of a newer version, or it, its folder or its disk cannot be
    /// used.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);

            // 1. EF does this only for a file that it creates. A reader does not hold up writers then, and no journal is left beside a
            // copy that is put in the database's place. Synchronous stays FULL: acknowledged changes survive a power cut.
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellationToken);
            var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
            var own = context.Database.GetMigrations().ToList();
            if (applied.Except(own).LastOrDefault() is { } newer) // 2
            {
                throw new CannotStartException(
                    $"The database {state[file]} was written by a newer version (it has {newer}): start that version, or put the copy from "
                        + "before its upgrade in the database's place.");
            }

            if (own.Except(applied).FirstOrDefault() is not { } pending) return; // 3
            if (applied.Count > 0) await CopyAsync(context, CopyBefore(file, pending), cancellationToken); // 4
            await context.Database.ExecuteSqlRawAsync(RemoveLock, cancellationToken); // 5
            await context.Database.MigrateAsync(cancellationToken); // 6
        }
        catch (Exception failure) when (failure is DbException or IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException(
                $"The database {state[file]} cannot be opened or upgraded: {failure.Message.TrimEnd('.')}. Check that its disk has room "
                    + "for a copy of it and that this user may write in its folder; nothing of it was lost.");
        }
    }

    /// <summary>Makes a copy of a database whose tables are about to change, so that an operator can return to the former version. The copy
    /// is complete or non-existent.</summary>
    private async Task CopyAsync(ServerDbContext context, string name, CancellationToken cancellationToken)
    {
        var unfinished = file + ".copying";
        Remove(unfinished);
        try
        {
            state.Touch(unfinished);
            await context.Database.ExecuteSqlAsync($"VACUUM INTO {state[unfinished]}", cancellationToken);
            DurableFile.Sync(state[unfinished]);
            DurableFile.Move(state[unfinished], state[name]);
        }
        catch
        {
            // Half a copy would keep a full disk full.
            Remove(unfinished);
            throw;
        }
    }

    private void Remove(string name)
    {
        File.Delete(state[name]);
        File.Delete(state[name + "-journal"]);
    }

    /// <summary>Name in the state folder of the copy that was made before an upgrade.</summary>
    public static string CopyBefore(string file, string migration) => $"{file}.before-{migration}";
}
