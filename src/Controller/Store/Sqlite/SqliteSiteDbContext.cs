using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store.Sqlite;

/// <summary>The site's tables in SQLite.</summary>
internal sealed class SqliteSiteDbContext(DbContextOptions<SqliteSiteDbContext> options) : SiteDbContext(options);
