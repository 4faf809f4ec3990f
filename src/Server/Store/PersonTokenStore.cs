using Microsoft.EntityFrameworkCore;

namespace Opportunism.Server.Store;

/// <summary>Stores people's tokens, their secrets as hashes only.</summary>
internal sealed class PersonTokenStore(IDbContextFactory<ServerDbContext> contexts)
{
    public async Task AddAsync(PersonTokenRow token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.PersonTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task<List<PersonTokenRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.PersonTokens.AsNoTracking().OrderBy(row => row.Created).ToListAsync(cancellationToken);
    }

    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.PersonTokens.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Revoked, true), cancellationToken) > 0;
    }
}
