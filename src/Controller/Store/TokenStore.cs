using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store;

/// <summary>Stores join tokens and people's tokens, their secrets as hashes only.</summary>
internal sealed class TokenStore(IDbContextFactory<SiteDbContext> contexts)
{
    public async Task AddAsync(JoinTokenRow token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.JoinTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task AddAsync(PersonTokenRow token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.PersonTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task<JoinTokenRow?> FindJoinTokenAsync(byte[] secretHash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.AsNoTracking().FirstOrDefaultAsync(row => row.SecretHash == secretHash, cancellationToken);
    }

    public async Task<List<JoinTokenRow>> JoinTokensAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.AsNoTracking().OrderBy(row => row.Created).ToListAsync(cancellationToken);
    }

    public async Task<List<PersonTokenRow>> PersonTokensAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.PersonTokens.AsNoTracking().OrderBy(row => row.Created).ToListAsync(cancellationToken);
    }

    public async Task<bool> RevokeJoinTokenAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.JoinTokens.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Revoked, true), cancellationToken) > 0;
    }

    public async Task<bool> RevokePersonTokenAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.PersonTokens.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Revoked, true), cancellationToken) > 0;
    }
}
