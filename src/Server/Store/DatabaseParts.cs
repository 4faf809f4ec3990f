using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Server.State;

namespace Opportunism.Server.Store;

/// <summary>Registers a server's database.</summary>
public static class DatabaseParts
{
    /// <summary>Adds a database: a factory of the program's own contexts, the same factory for the tables that every server has, and its
    /// start.</summary>
    /// <typeparam name="T">The program's tables.</typeparam>
    /// <param name="services">The server's parts.</param>
    /// <param name="open">Opens a context.</param>
    /// <param name="file">Name of the database's file in the state folder.</param>
    public static IServiceCollection AddDatabase<T>(this IServiceCollection services, Func<T> open, string file)
        where T : ServerDbContext =>
        services.AddSingleton<IDbContextFactory<T>>(new Contexts<T>(open))
            .AddSingleton<IDbContextFactory<ServerDbContext>>(new Contexts<ServerDbContext>(open))
            .AddSingleton(parts => new DatabaseStart(
                parts.GetRequiredService<IDbContextFactory<ServerDbContext>>(), parts.GetRequiredService<StateFolder>(), file));

    private sealed class Contexts<T>(Func<T> open) : IDbContextFactory<T>
        where T : ServerDbContext
    {
        public T CreateDbContext() => open();
    }
}
