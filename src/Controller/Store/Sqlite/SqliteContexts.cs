using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store.Sqlite;

/// <summary>Opens the site's database: one file in the state folder.</summary>
internal sealed class SqliteContexts : IDbContextFactory<SiteDbContext>
{
    private readonly DbContextOptions<SqliteSiteDbContext> options;

    public SqliteContexts(string stateFolder)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = Path.Combine(stateFolder, "site.db"), ForeignKeys = true, DefaultTimeout = 30 };
        options = new DbContextOptionsBuilder<SqliteSiteDbContext>().UseSqlite(connection.ToString()).Options;
    }

    public SiteDbContext CreateDbContext() => new SqliteSiteDbContext(options);
}
