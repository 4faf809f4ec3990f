using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store.Sqlite;

/// <summary>Opens the site's database: one file in the state folder.</summary>
internal sealed class SqliteContexts : IDbContextFactory<SiteDbContext>
{
    private const string FileName = "site.db";

    private readonly DbContextOptions<SqliteSiteDbContext> options;

    public SqliteContexts(StateFolder state)
    {
        // Created here so that only the owner may read it; SQLite gives its journal the same rights.
        state.Touch(FileName);
        var connection = new SqliteConnectionStringBuilder { DataSource = state[FileName], ForeignKeys = true, DefaultTimeout = 30 };
        options = new DbContextOptionsBuilder<SqliteSiteDbContext>().UseSqlite(connection.ToString())
            .AddInterceptors(new SqliteBusyWait()).Options;
    }

    public SiteDbContext CreateDbContext() => new SqliteSiteDbContext(options);
}
