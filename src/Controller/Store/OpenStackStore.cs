using Microsoft.EntityFrameworkCore;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;

namespace Opportunism.Controller.Store;

/// <summary>Keeps which servers of an OpenStack cloud we evicted.</summary>
internal sealed class OpenStackStore(IDbContextFactory<SiteDbContext> contexts) : IOpenStackStore
{
    public async Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.EvictedServers.AsNoTracking().ToListAsync(cancellationToken);
        return [.. rows.Select(ServerOf)];
    }

    public async Task SaveAsync(EvictedServer server, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var known = await context.EvictedServers.AnyAsync(row => row.Guest == server.Guest.Value, cancellationToken);
        context.Entry(RowOf(server)).State = known ? EntityState.Modified : EntityState.Added;
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task ForgetAsync(GuestId guest, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.EvictedServers.Where(row => row.Guest == guest.Value).ExecuteDeleteAsync(cancellationToken);
    }

    private static EvictedServer ServerOf(EvictedServerRow row) => new()
    {
        Guest = GuestId.Parse(row.Guest),
        Node = NodeId.Parse(row.Node),
        // Older rows have the name with a capital letter.
        Action = ServerPolicies.StepOf(row.Action.ToLowerInvariant()) ?? throw new InvalidDataException($"Server {row.Guest} was evicted by the unknown step '{row.Action}'."),
        Since = row.Since,
        Attempts = row.Attempts,
        Returns = row.Returns,
        Returning = row.Returning,
        NotBefore = row.NotBefore,
    };

    private static EvictedServerRow RowOf(EvictedServer server) => new()
    {
        Guest = server.Guest.Value,
        Node = server.Node.Value,
        Action = ServerPolicies.NameOf(server.Action),
        Since = server.Since,
        Attempts = server.Attempts,
        Returns = server.Returns,
        Returning = server.Returning,
        NotBefore = server.NotBefore,
    };
}
