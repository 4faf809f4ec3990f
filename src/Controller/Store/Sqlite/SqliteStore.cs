using Opportunism.Server.State;
using Opportunism.Server.Store;

namespace Opportunism.Controller.Store.Sqlite;

/// <summary>Registers the site's database, one SQLite file, and its stores.</summary>
internal static class SqliteStore
{
    /// <summary>Name of the database's file in the state folder.</summary>
    public const string FileName = "site.db";

    public static IServiceCollection AddStore(this IServiceCollection services, StateFolder state)
    {
        var options = SqliteDatabase.Open<SqliteSiteDbContext>(state, FileName);
        return services.AddDatabase<SiteDbContext>(() => new SqliteSiteDbContext(options), FileName)
            .AddSingleton<NodeStore>().AddSingleton<JoinTokenStore>().AddSingleton<ImageStore>();
    }
}
