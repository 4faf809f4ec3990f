using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Opportunism.Controller.Store.Sqlite;

/// <summary>Makes the context for <c>dotnet ef migrations add</c>; never used by the running program.</summary>
internal sealed class SqliteDesignFactory : IDesignTimeDbContextFactory<SqliteSiteDbContext>
{
    public SqliteSiteDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteSiteDbContext>().UseSqlite("Data Source=:memory:").Options);
}
