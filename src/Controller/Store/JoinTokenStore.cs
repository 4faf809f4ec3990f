using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store;

/// <summary>Stores join tokens, their secrets as hashes only.</summary>
internal sealed class JoinTokenStore(IDbContextFactory<SiteDbContext> contexts)
{
    public async Task AddAsync(JoinTokenRow token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.JoinTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task<JoinTokenRow?> FindAsync(byte[] secretHash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.AsNoTracking().FirstOrDefaultAsync(row => row.SecretHash == secretHash, cancellationToken);
    }

    public async Task<List<JoinTokenRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.AsNoTracking().OrderBy(row => row.Created).ToListAsync(cancellationToken);
    }

    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Revoked, true), cancellationToken) > 0;
    }
}
