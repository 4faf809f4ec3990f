using Microsoft.EntityFrameworkCore;

namespace Opportunism.Server.Store;

/// <summary>Stores the newest events.</summary>
internal sealed class EventStore(IDbContextFactory<ServerDbContext> contexts)
{
    /// <summary>Adds events; their ids are set afterwards.</summary>
    public async Task AddAsync(IReadOnlyCollection<EventRow> rows, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Events.AddRange(rows);
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Events after the one with that id, oldest first.</summary>
    public async Task<List<EventRow>> AfterAsync(long id, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Events.AsNoTracking().Where(row => row.Id > id).OrderBy(row => row.Id).Take(take)
            .ToListAsync(cancellationToken);
    }

    /// <summary>The newest events, oldest first.</summary>
    public async Task<List<EventRow>> NewestAsync(int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await context.Events.AsNoTracking().OrderByDescending(row => row.Id).Take(take).ToListAsync(cancellationToken);
        newest.Reverse();
        return newest;
    }

    public async Task ForgetUpToAsync(long id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Events.Where(row => row.Id <= id).ExecuteDeleteAsync(cancellationToken);
    }
}
