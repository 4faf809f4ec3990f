using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Opportunism.Server.State;

namespace Opportunism.Server.Store;

/// <summary>A server's database as one SQLite file in its state folder.</summary>
public static class SqliteDatabase
{
    /// <summary>Options of a context for that file, which is created when there is none.</summary>
    /// <typeparam name="T">The program's tables with their SQLite migrations.</typeparam>
    public static DbContextOptions<T> Open<T>(StateFolder state, string file)
        where T : ServerDbContext
    {
        ArgumentNullException.ThrowIfNull(state);

        // Created here so that only the owner may read it; SQLite gives its journal the same rights.
        state.Touch(file);
        var connection = new SqliteConnectionStringBuilder { DataSource = state[file], ForeignKeys = true, DefaultTimeout = 30 };
        return new DbContextOptionsBuilder<T>().UseSqlite(connection.ToString()).AddInterceptors(new SqliteBusyWait()).Options;
    }
}
